"""A client of the Achilles MCP Gateway made of its own OpenAPI document, with Python's standard library alone."""

import json
import re
import urllib.error
import urllib.parse
import urllib.request


class GatewayProblem(Exception):
    """An answer that is an error: the problem (RFC 9457) as `problem`, its fields also as attributes."""

    def __init__(self, problem):
        super().__init__("{code}: {detail} (request {request_id})".format_map(problem))
        self.problem = problem

    def __getattr__(self, name):
        try:
            return self.__dict__["problem"][name]
        except KeyError:
            raise AttributeError(name) from None


class Gateway:
    """The gateway at `url`, a method for each operation of its document: `sessionsCreate` is `sessions_create`.

    A method takes the fields of the body, the path and the query by their names, and answers with parsed JSON. Headers
    are keywords too, with underscores: `idempotency_key`. Once known, `session_token` is sent with every call.
    """

    def __init__(self, url, key=None, timeout=60):
        self.url, self.key, self.timeout = url.rstrip("/"), key, timeout
        self.session_token = None
        self.document = self._send("GET", self.url + "/openapi.json")
        self.base = urllib.parse.urljoin(self.url + "/", self.document["servers"][0]["url"])
        for path, item in self.document["paths"].items():
            for method, operation in item.items():
                setattr(self, _name_of(operation["operationId"]), self._method(method.upper(), path, operation))

    def _method(self, verb, path, operation):
        parameters = [self._resolve(parameter) for parameter in operation.get("parameters", [])]
        places = {_name_of(parameter["name"]): parameter for parameter in parameters}

        def call(**fields):
            target, query, headers, body = path, {}, {}, {}
            for field, value in fields.items():
                parameter = places.get(field, {"in": "body", "name": field})
                place, name = parameter["in"], parameter["name"]
                if place == "path":
                    target = target.replace("{" + name + "}", urllib.parse.quote(value, safe=""))
                else:
                    {"query": query, "header": headers, "body": body}[place][name] = value
            if self.session_token is not None and "x_mcp_session_token" in places:
                headers.setdefault("x-mcp-session-token", self.session_token)
            if query:
                target += "?" + urllib.parse.urlencode(query)
            return self._send(verb, self.base + target, headers, body if "requestBody" in operation else None)

        call.__name__ = _name_of(operation["operationId"])
        call.__doc__ = "{summary}. {description}".format_map(operation)
        return call

    def _resolve(self, part):
        """What a `$ref` within the document points to; anything else as it is."""
        if "$ref" not in part:
            return part
        found = self.document
        for step in part["$ref"].lstrip("#/").split("/"):
            found = found[step]
        return found

    def _send(self, verb, url, headers=None, body=None):
        request = urllib.request.Request(url, method=verb, headers=headers or {})
        if self.key is not None:
            request.add_header("authorization", "Bearer " + self.key)
        if body is not None:
            request.add_header("content-type", "application/json")
            request.data = json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, timeout=self.timeout) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if "problem+json" not in error.headers.get("content-type", ""):
                raise
            raise GatewayProblem(json.load(error)) from None


def _name_of(name):
    """A name of the document as Python writes names: `signalsIngestBatch` is `signals_ingest_batch`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).replace("-", "_").lower()
