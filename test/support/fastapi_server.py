#!/usr/bin/env python3
"""A look-alike of FindFace Lite made with FastAPI, for test/system/fastapi_test.cpp.

    fastapi_server.py slashes|plain

The routes end in a slash, or do not; FastAPI redirects requests for the other form with 307. A missing or stale token
is answered as FastAPI's HTTPBearer does, with 403. Prints its port on 127.0.0.1 and ends when stdin does.
POST /test/revoke forgets all tokens, GET /test/logins counts the logins.
"""
import itertools
import os
import socket
import sys
import threading

import fastapi
import fastapi.security
import uvicorn

slash = "/" if sys.argv[1] == "slashes" else ""
app = fastapi.FastAPI()
tokens, webhooks, ids = set(), {}, itertools.count(1)
granted = 0


def authorized(credentials=fastapi.Depends(fastapi.security.HTTPBearer())):
    if credentials.credentials not in tokens:
        raise fastapi.HTTPException(403, "Could not validate credentials")


guarded = [fastapi.Depends(authorized)]


def known(webhook_id: int):
    if webhook_id not in webhooks:
        raise fastapi.HTTPException(404, "Not found")
    return webhook_id


@app.post("/v1/auth/login" + slash)
def log_in(body: dict = fastapi.Body()):
    global granted
    if body != {"username": "device", "password": "secret"}:
        raise fastapi.HTTPException(401, "Bad credentials", {"WWW-Authenticate": "Bearer"})
    granted += 1
    tokens.add(f"t{granted}")
    return {"access_token": f"t{granted}", "token_type": "bearer"}


@app.get("/v1/webhooks" + slash, dependencies=guarded)
def list_webhooks():
    every = list(webhooks.values())
    return {"items": every, "total": len(every), "page": 1, "size": 50, "pages": 1}


@app.post("/v1/webhooks" + slash, status_code=201, dependencies=guarded)
def create(body: dict = fastapi.Body()):
    number = next(ids)
    webhooks[number] = body | {"id": number}
    return webhooks[number]


@app.get("/v1/webhooks/{webhook_id}" + slash, dependencies=guarded)
def show(webhook_id: int = fastapi.Depends(known)):
    return webhooks[webhook_id]


@app.patch("/v1/webhooks/{webhook_id}" + slash, dependencies=guarded)
def update(webhook_id: int = fastapi.Depends(known), body: dict = fastapi.Body()):
    webhooks[webhook_id] |= body
    return webhooks[webhook_id]


@app.delete("/v1/webhooks/{webhook_id}" + slash, status_code=204, response_class=fastapi.Response, dependencies=guarded)
def delete(webhook_id: int = fastapi.Depends(known)):
    del webhooks[webhook_id]


@app.post("/test/revoke")
def revoke():
    tokens.clear()


@app.get("/test/logins")
def count():
    return granted


def end_with_stdin():
    sys.stdin.read()
    os._exit(0)


listening = socket.socket()
listening.bind(("127.0.0.1", 0))
listening.listen()
print(listening.getsockname()[1], flush=True)
threading.Thread(target=end_with_stdin, daemon=True).start()
uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listening])
