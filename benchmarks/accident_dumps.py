"""Blobs and dumps: what lands in an answer when a program, not a model, wrote it."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

_MODULES = (
    "app",
    "handlers",
    "chains.llm",
    "api.routes",
    "services.answers",
    "vendor.client",
    "db.session",
)
_FUNCTIONS = ("run", "invoke", "__call__", "_generate", "handle_request", "execute", "decode", "get_completion")
_ERRORS = (
    "KeyError: 'choices'",
    "TimeoutError: timed out",
    "ValueError: Expecting value: line 1 column 1 (char 0)",
    "openai.RateLimitError: Error code: 429 - {'error': {'message': 'Rate limit reached for requests'}}",
    "TypeError: 'NoneType' object is not subscriptable",
    "ConnectionResetError: [Errno 104] Connection reset by peer",
    "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.22 GiB",
)


def _base64_bytes(random: Random) -> str:
    return base64.b64encode(random.randbytes(random.randint(200, 3000))).decode()


def _data_uri(random: Random) -> str:
    body = b"\x89PNG\r\n\x1a\n" + random.randbytes(random.randint(400, 4000))
    return f"data:image/png;base64,{base64.b64encode(body).decode()}"


def _hex(random: Random) -> str:
    return random.randbytes(random.randint(150, 1500)).hex()


def _hexdump(random: Random) -> str:
    return "\n".join(
        f"{row * 16:08x}  {random.randbytes(8).hex(' ')}  {random.randbytes(8).hex(' ')}"
        for row in range(random.randint(10, 50))
    )


def _jwt(random: Random) -> str:
    parts = (random.randbytes(size) for size in (27, random.randint(150, 500), 32))
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def _pem(random: Random) -> str:
    body = base64.b64encode(random.randbytes(random.randint(600, 1700))).decode()
    lines = "\n".join(body[at : at + 64] for at in range(0, len(body), 64))
    return f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----"


def _token_ids(random: Random) -> str:
    return str([random.randint(0, 50257) for _ in range(random.randint(60, 600))])


def _embedding(random: Random) -> str:
    return json.dumps([round(random.gauss(0, 0.03), 8) for _ in range(random.randint(64, 384))])


BLOBS: dict[str, Callable[[Random], str]] = {
    "base64": _base64_bytes,
    "data uri": _data_uri,
    "hex": _hex,
    "hexdump": _hexdump,
    "jwt": _jwt,
    "pem": _pem,
    "token ids": _token_ids,
    "embedding": _embedding,
}


def _python_trace(random: Random) -> str:
    frames = "".join(
        f'  File "/srv/{random.choice(_MODULES).replace(".", "/")}.py", line {random.randint(8, 900)}, in '
        f"{random.choice(_FUNCTIONS)}\n    result = self.{random.choice(_FUNCTIONS)}(*args, **kwargs)\n"
        for _ in range(random.randint(4, 18))
    )
    return f"Traceback (most recent call last):\n{frames}{random.choice(_ERRORS)}"


def _java_trace(random: Random) -> str:
    frames = "\n".join(
        f"\tat com.example.{random.choice(('chat', 'llm', 'web'))}.{random.choice(('Client', 'Filter'))}"
        f"{random.choice(('Impl', 'Proxy', ''))}.{random.choice(('invoke', 'doFilter', 'send'))}"
        f"({random.choice(('Client', 'Filter'))}.java:{random.randint(20, 800)})"
        for _ in range(random.randint(8, 40))
    )
    return f"java.lang.IllegalStateException: Response already committed\n{frames}"


def _node_trace(random: Random) -> str:
    frames = "\n".join(
        f"    at {random.choice(('async ', ''))}{random.choice(('Object.post', 'fetch', 'APIClient.request'))} "
        f"(/app/node_modules/{random.choice(('openai', 'axios'))}/lib/core.js:{random.randint(9, 700)}:17)"
        for _ in range(random.randint(6, 20))
    )
    return f"TypeError: Cannot read properties of undefined (reading 'content')\n{frames}"


def _html_error(random: Random) -> str:
    status = random.choice(("502 Bad Gateway", "503 Service Temporarily Unavailable", "504 Gateway Time-out"))
    return (
        f"<html>\r\n<head><title>{status}</title></head>\r\n<body>\r\n<center><h1>{status}</h1></center>\r\n"
        "<hr><center>nginx/1.25.3</center>\r\n</body>\r\n</html>\r\n" + "<!-- a padding for MSIE -->\r\n" * 3
    )


def _html_page(random: Random) -> str:
    scripts = "".join(
        f'<script src="/_next/static/chunks/{random.randbytes(8).hex()}.js" async=""></script>'
        for _ in range(random.randint(5, 25))
    )
    links = "".join(
        f'<li class="nav-item"><a class="nav-link" href="/docs/{random.randbytes(4).hex()}">Page {n}</a></li>'
        for n in range(random.randint(5, 20))
    )
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charSet="utf-8"/><meta name="viewport" '
        f'content="width=device-width"/><title>Sign in</title>{scripts}</head><body><div id="__next">'
        f'<nav><ul class="navbar-nav">{links}</ul></nav></div></body></html>'
    )


def _api_response(random: Random) -> str:
    choices: list[dict[str, object]] = [
        {
            "index": index,
            "message": {"role": "assistant", "content": None, "refusal": None, "tool_calls": []},
            "logprobs": None,
            "finish_reason": random.choice(("length", "content_filter")),
        }
        for index in range(random.randint(1, 4))
    ]
    body = {
        "id": f"chatcmpl-{random.randbytes(12).hex()}",
        "object": "chat.completion",
        "created": random.randint(1_700_000_000, 1_760_000_000),
        "choices": choices,
        "usage": {"prompt_tokens": random.randint(9, 900), "completion_tokens": 0, "total_tokens": 412},
        "system_fingerprint": f"fp_{random.randbytes(5).hex()}",
    }
    return json.dumps(body, indent=random.choice((None, 2)))


def _search_hits(random: Random) -> str:
    hits = [
        {
            "_index": "kb-2025",
            "_id": random.randbytes(9).hex(),
            "_score": round(random.uniform(0, 1), 6),
            "_source": {
                "doc_id": random.randint(1, 99999),
                "chunk": n,
                "path": f"s3://kb/{random.randbytes(4).hex()}",
            },
        }
        for n in range(random.randint(4, 25))
    ]
    return json.dumps({"took": 12, "timed_out": False, "hits": {"total": {"value": len(hits)}, "hits": hits}})


def _log(random: Random) -> str:
    return "\n".join(
        f"2025-{random.randint(1, 12):02d}-{random.randint(1, 28):02d}T{random.randint(0, 23):02d}:"
        f"{random.randint(0, 59):02d}:{random.randint(0, 59):02d}.{random.randint(0, 999):03d}Z "
        f"{random.choice(('INFO', 'WARN', 'ERROR', 'DEBUG'))} [{random.choice(_MODULES)}] "
        f"request_id={random.randbytes(6).hex()} status={random.choice((200, 429, 500, 502))} "
        f"duration_ms={random.randint(1, 30000)}"
        for _ in range(random.randint(8, 60))
    )


def _sql_table(random: Random) -> str:
    rule = "+----------+------------+--------+"
    rows = "\n".join(
        f"| {random.randint(1, 99999):8d} | {random.randbytes(5).hex()} | {random.uniform(0, 999):6.2f} |"
        for _ in range(random.randint(10, 60))
    )
    return f"{rule}\n|       id | reference  | amount |\n{rule}\n{rows}\n{rule}"


def _soap(random: Random) -> str:
    items = "".join(
        f"<ns2:item><ns2:id>{random.randrange(10**8)}</ns2:id><ns2:qty>{random.randint(1, 9)}</ns2:qty></ns2:item>"
        for _ in range(random.randint(4, 30))
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">'
        f"<soap:Body><ns2:response>{items}</ns2:response></soap:Body></soap:Envelope>"
    )


def _template(random: Random) -> str:
    slots = "\n".join(
        f"{{{{#if {name}}}}}### {name.upper()}\n{{{{{name}}}}}\n{{{{/if}}}}"
        for name in random.sample(("context", "history", "user_query", "tools", "examples", "persona"), 4)
    )
    return f"<|im_start|>system\n{{{{system_prompt}}}}\n{slots}\n<|im_end|>\n<|im_start|>assistant\n"


DUMPS: dict[str, Callable[[Random], str]] = {
    "python trace": _python_trace,
    "java trace": _java_trace,
    "node trace": _node_trace,
    "html error": _html_error,
    "html page": _html_page,
    "api response": _api_response,
    "search hits": _search_hits,
    "log": _log,
    "sql table": _sql_table,
    "soap": _soap,
    "prompt template": _template,
}
