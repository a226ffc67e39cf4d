"""Faults that are planted in the document, each of which must be seen in the recorded answers."""


def schema(content, name):
    return content["components"]["schemas"][name]


def operation(content, path, method):
    return content["paths"][path][method]


FAULTS = {
    "a field that is not in the document": lambda c: schema(c, "DeliveryPage")["properties"].pop("total"),
    "a field of a field": lambda c: schema(c, "Status")["properties"]["queue"]["properties"].pop("oldest_s"),
    "a field that no answer has": lambda c: schema(c, "Accepted")["required"].append("rejected"),
    "a type": lambda c: schema(c, "Accepted")["properties"].update(deliveries={"type": "string"}),
    "null": lambda c: schema(c, "WebhookStatus")["properties"].update(oldest_s={"type": "number"}),
    "a state": lambda c: schema(c, "Delivered")["properties"]["state"]["enum"].remove("dead"),
    "a kind of entry": lambda c: schema(c, "EventList")["properties"]["events"]["items"]["oneOf"].pop(),
    "a status": lambda c: operation(c, "/v1/webhooks/{name}/test", "post")["responses"].pop("409"),
    "a status of any request": lambda c: c["x-any-request"].pop("505"),
    "a header that is not in the document": lambda c: c["components"]["responses"]["Busy"]["headers"].pop("Retry-After"),
    "a header that no answer has": lambda c: c["components"]["responses"]["Ok"]["headers"].update(
        {"ETag": {"required": True, "schema": {}}}),
    "the value of a header": lambda c: c["components"]["headers"]["Bearer"]["schema"].update(const="Basic"),
    "a content type": lambda c: c["components"]["responses"]["Refused"].update(content={"application/json": {}}),
    "a text": lambda c: c["components"]["responses"]["Ok"]["content"]["text/plain"]["schema"].update(const="fine\n"),
    "a path": lambda c: c["paths"].pop("/v1/sync"),
}
CALLBACK_FAULTS = {
    "a header of callbacks": lambda c: c["webhooks"]["delivery"]["post"]["parameters"].pop(2),
    "the form of a signature": lambda c: c["webhooks"]["delivery"]["post"]["parameters"][2]["schema"].update(pattern="^v2,"),
}


ROUTE_FAULTS = {
    "a route that the document lacks": lambda c: c["paths"].pop("/readyz"),
    "a path that is no route": lambda c: c["paths"].update({"/v1/nothing": c["paths"]["/livez"]}),
    "a method that the document lacks": lambda c: c["paths"]["/v1/log-level"].pop("put"),
    "who may use it": lambda c: operation(c, "/v1/sync", "post").update({"x-tcp-without-token": True}),
}


def planted(check, route_faults):
    """Whether all were found; what was not is named."""
    missed = [name for name, change in ROUTE_FAULTS.items() if not route_faults(check.document.changed(change))]
    for name, change in FAULTS.items():
        document = check.document.changed(change)
        if not any(document.judge(one.method, one.path, one.reply) for one in check.exchanges):
            missed.append(name)
    for name, change in CALLBACK_FAULTS.items():
        document = check.document.changed(change)
        if not any(document.judge_callback(headers, body) for headers, body in check.callbacks):
            missed.append(name)
    count = len(FAULTS) + len(CALLBACK_FAULTS) + len(ROUTE_FAULTS)
    print(f"planted faults found: {count - len(missed)} of {count}")
    for name in missed:
        print("FAULT planted and not found: " + name)
    return not missed
