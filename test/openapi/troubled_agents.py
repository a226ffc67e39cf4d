"""Agents that cannot do what they are asked, for openapi_test.py."""
import resource
import signal
import socket

from agent_process import Agent, until


def troubles(check, binary, door, event):
    no_definitions(check, binary, event)
    full_queue(check, binary, door, event)
    no_disk(check, binary, door, event)
    no_memory(check, binary, door, event)


def closed_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def no_definitions(check, binary, event):
    """The server was never reached."""
    server = f"[server]\nurl = http://127.0.0.1:{closed_port()}\nusername = a\npassword_file = password\n"
    with Agent(binary, sections=server, files={"password": "p\n"}) as agent:
        check.ask(agent, "POST", "/v1/events", 503, body=event)
        check.ask(agent, "POST", "/v1/sync", 502)
        for method in ("GET", "HEAD"):
            check.ask(agent, method, "/readyz", 503)
            check.ask(agent, method, "/v1/status", 200)


def full_queue(check, binary, door, event):
    with Agent(binary, [door], sections="[queue]\npath = agent.db\nmin_free = 1000000GiB\n",
               ingest="max_connections = 2\nevent_list = 0") as agent:
        check.ask(agent, "POST", "/v1/events", 503, body=event)
        check.ask(agent, "POST", "/v1/webhooks/{name}/test", 503)
        for method in ("GET", "HEAD"):
            check.ask(agent, method, "/v1/events", 200)
        one_connection_too_many(check, agent)


def one_connection_too_many(check, agent):
    """Others are in the middle of a request; those that stay there for long would have to make room."""
    def refused():
        held = []
        try:
            for _ in range(2):
                held.append(socket.create_connection(("127.0.0.1", agent.port), timeout=30))
                held[-1].sendall(b"POST /v1/events HTTP/1.1\r\n")
            reply = agent.raw(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return reply if reply.status != 200 else None
        finally:
            for one in held:
                one.close()
    check.note("?", "?", until(refused, "a refusal"), 503, " one connection too many")


def takes_no_bytes():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def no_disk(check, binary, door, event):
    """No file takes a byte, as on a disk that is full from the start."""
    with Agent(binary, [door], before_exec=takes_no_bytes) as agent:
        check.ask(agent, "POST", "/v1/events", 503, body=event)
        for method in ("GET", "HEAD"):
            check.ask(agent, method, "/readyz", 503)
            check.ask(agent, method, "/v1/status", 200)
            check.ask(agent, method, "/v1/deliveries", 503)
            check.ask(agent, method, "/v1/deliveries/{id}", 503)
        check.ask(agent, "DELETE", "/v1/deliveries/{id}", 503)
        check.ask(agent, "POST", "/v1/deliveries/{id}/retry", 503)
        for verb in ("retry", "drop"):
            check.ask(agent, "POST", f"/v1/deliveries/{verb}", 503, body={"ids": [7]})


def no_memory(check, binary, door, event):
    """Bodies that are not sent to their end hold all of it, the reserve too."""
    head = b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000000\r\n\r\n["
    held = []
    with Agent(binary, [door]) as agent:
        def taken():
            if agent.call("GET", "/v1/events").status == 503:
                return True
            if len(held) < 50:
                held.append(socket.socket(socket.AF_UNIX))
                held[-1].connect(agent.path("agent.sock"))
                held[-1].sendall(head + b" " * 3_900_000)
            return False
        try:
            until(taken, "the memory to be taken")
            for method in ("GET", "HEAD"):
                check.ask(agent, method, "/v1/events", 503)
                check.ask(agent, method, "/v1/events/{seq}", 503)
            check.ask(agent, "POST", "/v1/explain", 503, body=event)
        finally:
            for one in held:
                one.close()
