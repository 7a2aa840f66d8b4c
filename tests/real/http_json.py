"""JSON over HTTP, to loopback only, never waiting long."""

import base64
import json
import urllib.error
import urllib.parse
import urllib.request

# Whatever proxy the environment names, loopback is asked directly.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def call(url, *, user=None, password="", form=None, body=None, headers=None, timeout=20):
    """Asks with GET, or POSTs `form` (pairs) or `body` (JSON); returns the answer as JSON.

    Raises as `call_text` does.
    """
    return json.loads(call_text(url, user=user, password=password, form=form, body=body, headers=headers, timeout=timeout)[0])


def call_text(url, *, user=None, password="", form=None, body=None, headers=None, timeout=20):
    """The same; returns the answer's text and its content type.

    Raises RuntimeError with the answer's text where its status is not 2xx, OSError where nobody answers.
    """
    headers = dict(headers or {})
    data = None
    if form is not None:
        data = urllib.parse.urlencode(form).encode()
    elif body is not None:
        data = json.dumps(body).encode()
        headers["Content-Type"] = "application/json"
    if user is not None:
        headers["Authorization"] = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    request = urllib.request.Request(url, data=data, headers=headers)
    try:
        with _opener.open(request, timeout=timeout) as answer:
            return answer.read().decode(), answer.headers.get("Content-Type", "")
    except urllib.error.HTTPError as refused:
        raise RuntimeError(f"{url}: {refused.code} {refused.read(500)!r}") from None
