"""What MiniStack 1.5 leaves out and Plumbline's template needs. Each patch names the gap that it fills.

Pinned to the version in local-stack-requirements.txt: these reach into its modules.
"""

from __future__ import annotations

import asyncio
import threading
import time
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from ministack.core import iam_actions
from ministack.services import apigateway, cloudwatch_logs, dynamodb, lambda_svc, s3
from ministack.services.cloudformation import provisioners

if TYPE_CHECKING:
    from scripts.emulator.deliveries import Deliveries

    Properties = dict[str, Any]
    Answer = tuple[int, dict[str, Any], bytes]

ANY_METHOD = "x-amazon-apigateway-any-method"
INTEGRATION = "x-amazon-apigateway-integration"
# Each invocation opens a log stream; they would fill the memory and the saved state.
KEPT_LOG_STREAMS = 500


def fill(deliveries: Deliveries) -> None:
    """Patch MiniStack in this process. Call before it serves and before it restores its state."""
    _create_routes_of_openapi_body()
    _read_concurrency_as_a_number()
    _take_metric_math()
    _read_ranges_of_versions()
    _allow_batches_of_messages()
    _keep_stream_records()
    _keep_asynchronous_invocations(deliveries)


def _create_routes_of_openapi_body() -> None:
    """SAM writes an HTTP API's routes as an OpenAPI body, which MiniStack ignores: every call answered 404."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::ApiGatewayV2::Api"]
    create, update = handlers["create"], handlers["update"]

    def create_with_routes(logical_id: str, props: Properties, stack_name: str) -> tuple[str, Properties]:
        api_id, attributes = create(logical_id, props, stack_name)
        import_routes(api_id, props.get("Body") or {})
        return api_id, attributes

    def update_with_routes(
        physical_id: str, old: Properties, new: Properties, stack_name: str, logical_id: str | None = None
    ) -> tuple[str, Properties]:
        api_id, attributes = update(physical_id, old, new, stack_name, logical_id)
        import_routes(api_id, new.get("Body") or {})
        return api_id, attributes

    handlers["create"], handlers["update"] = create_with_routes, update_with_routes


def import_routes(api_id: str, body: Properties) -> None:
    """Make the API's routes and integrations those of an OpenAPI body."""
    routes: dict[str, Properties] = {}
    integrations: dict[str, Properties] = {}
    apigateway._routes[api_id], apigateway._integrations[api_id] = routes, integrations
    if "title" in body.get("info", {}):
        apigateway._apis[api_id]["name"] = body["info"]["title"]
    for path, operations in body.get("paths", {}).items():
        for method, operation in operations.items():
            if not isinstance(operation, dict) or INTEGRATION not in operation:
                continue
            before = set(integrations)
            apigateway._create_integration(
                api_id, {"integrationType": "AWS_PROXY", "integrationUri": operation[INTEGRATION]["uri"]}
            )
            (integration_id,) = set(integrations) - before
            verb = "ANY" if method == ANY_METHOD else method.upper()
            key = "$default" if path.lstrip("/") == "$default" else f"{verb} {path}"
            apigateway._create_route(api_id, {"routeKey": key, "target": f"integrations/{integration_id}"})


def _read_concurrency_as_a_number() -> None:
    """What a template's parameter gives is text, which MiniStack compared with a number: messages never came."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::Lambda::EventSourceMapping"]
    create, update = handlers["create"], handlers["update"]

    def create_with_number(logical_id: str, props: Properties, stack_name: str) -> tuple[str, Properties]:
        made: tuple[str, Properties] = create(logical_id, with_number(props), stack_name)
        return made

    def update_with_number(
        physical_id: str, old: Properties, new: Properties, stack_name: str
    ) -> tuple[str, Properties]:
        made: tuple[str, Properties] = update(physical_id, old, with_number(new), stack_name)
        return made

    handlers["create"], handlers["update"] = create_with_number, update_with_number


def with_number(props: Properties) -> Properties:
    """An event source's properties, with its greatest concurrency as a number."""
    scaling = props.get("ScalingConfig") or {}
    if "MaximumConcurrency" not in scaling:
        return props
    return {**props, "ScalingConfig": {**scaling, "MaximumConcurrency": int(scaling["MaximumConcurrency"])}}


def _take_metric_math() -> None:
    """MiniStack refuses a template with an alarm on an expression over several metrics."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::CloudWatch::Alarm"]
    create, update = handlers["create"], handlers["update"]

    def create_plain(logical_id: str, props: Properties, stack_name: str) -> tuple[str, Properties]:
        made: tuple[str, Properties] = create(logical_id, with_one_metric(props), stack_name)
        return made

    def update_plain(
        physical_id: str, old: Properties, new: Properties, stack_name: str, logical_id: str | None = None
    ) -> tuple[str, Properties]:
        made: tuple[str, Properties] = update(
            physical_id, with_one_metric(old), with_one_metric(new), stack_name, logical_id
        )
        return made

    handlers["create"], handlers["update"] = create_plain, update_plain


def with_one_metric(props: Properties) -> Properties:
    """An alarm's properties, on the first metric of its expression alone."""
    if not props.get("Metrics"):
        return props
    first = next(one["MetricStat"] for one in props["Metrics"] if "MetricStat" in one)
    plain = {name: value for name, value in props.items() if name != "Metrics"}
    return {**plain, **first["Metric"], "Statistic": first["Stat"], "Period": first["Period"]}


def _read_ranges_of_versions() -> None:
    """MiniStack answers a range of an object, but all of it where the object's version is named."""
    get = s3._get_object

    def get_range(bucket: str, key: str, headers: Properties, query: Properties | None = None) -> Answer:
        wanted = headers.get("range", "")
        if not wanted or not (query or {}).get("versionId"):
            whole: Answer = get(bucket, key, headers, query)
            return whole
        # A part has no checksum: the one of the whole would not fit it.
        plain = {name: value for name, value in headers.items() if name not in {"range", "x-amz-checksum-mode"}}
        return part_of(get(bucket, key, plain, query), wanted, f"/{bucket}/{key}")

    s3._get_object = get_range


def part_of(answer: Answer, wanted: str, place: str) -> Answer:
    """The part of an answer that a header ``Range`` asks for."""
    status, headers, body = answer
    if status != 200:
        return answer
    found = s3._parse_range(wanted, len(body))
    if found is None:
        refused: Answer = s3._error("InvalidRange", "The requested range is not satisfiable", 416, place)
        return refused
    start, end = found
    part = body[start : end + 1]
    span = {"Content-Length": str(len(part)), "Content-Range": f"bytes {start}-{end}/{len(body)}"}
    return 206, {**headers, **span}, part


def _allow_batches_of_messages() -> None:
    """Who may send a message may send a batch of them: IAM knows ``sqs:SendMessage`` only, and so for the rest.

    MiniStack asked a policy for ``sqs:SendMessageBatch``, which no policy can name.
    """
    extract = iam_actions.extract_iam_action

    def extract_single(service: str, *request: object) -> str | None:
        action: str | None = extract(service, *request)
        return action.removesuffix("Batch") if action and service == "sqs" else action

    iam_actions.extract_iam_action = extract_single


def _keep_stream_records() -> None:
    """MiniStack saves how far a consumer has read of a table's stream, but not the stream.

    After a restart it would therefore lose what was not read yet, and then skip as many new records as had been
    read before.
    """
    get_state, restore = dynamodb.get_state, dynamodb.load_persisted_state

    def get_state_with_streams() -> Properties:
        state: Properties = get_state()
        state["plumbline_streams"] = [
            [account, region, table, *unread(account, region, table)]
            for account, region, table in list(dynamodb._stream_records._data)
        ]
        return state

    def restore_with_streams(state: Properties) -> None:
        restore(state)
        for account, region, table, position, records in state.get("plumbline_streams", []):
            dynamodb._stream_records.set_scoped(account, region, table, records)
            dynamodb._stream_trimmed.set_scoped(account, region, table, position)

    dynamodb.get_state, dynamodb.load_persisted_state = get_state_with_streams, restore_with_streams


def unread(account: str, region: str, table: str) -> tuple[int, list[Properties]]:
    """The position of the slowest consumer in a table's stream, and the records from there on."""
    end: int = dynamodb.stream_end_position(table, account_id=account, region=region)
    positions = [
        lambda_svc._dynamodb_stream_positions._data.get((account, region, mapping["UUID"]), 0)
        for (owner, place, _), mapping in list(lambda_svc._esms._data.items())
        if (owner, place) == (account, region) and f":table/{table}/stream/" in mapping.get("EventSourceArn", "")
    ]
    start = min([end, *positions])
    missing = end - start
    return start, dynamodb.stream_records_since(table, start, missing, account_id=account, region=region)


def unread_records() -> int:
    """How many stream records no consumer has read yet, over all tables."""
    streams = list(dynamodb._stream_records._data)
    return sum(len(unread(account, region, table)[1]) for account, region, table in streams)


def _keep_asynchronous_invocations(deliveries: Deliveries) -> None:
    """MiniStack forgets an S3 event whose function has not finished when it stops; AWS delivers it again."""

    def invoke(func: Properties, event: Properties) -> None:
        delivery = deliveries.begin((func.get("config") or func)["FunctionName"], event)

        def deliver() -> None:
            _invoke_with_retries(func, event)
            deliveries.end(delivery)

        threading.Thread(target=copy_context().run, args=(deliver,), daemon=True, name="async-invoke").start()

    lambda_svc.invoke_async_with_retry = invoke


def _invoke_with_retries(func: Properties, event: Properties) -> None:
    """Lambda's asynchronous invocation: two more tries, seconds (not minutes) apart, then the dead letters."""
    config = func.get("config") or func
    options = func.get("event_invoke_config") or (func.get("event_invoke_configs") or {}).get("$LATEST") or {}
    retries = options.get("MaximumRetryAttempts")
    result: Properties = {}
    for attempt in range(1 + int(2 if retries is None else retries)):
        if attempt:
            time.sleep(2 ** (attempt - 1))
        result = lambda_svc._execute_function(func, event)
        if not result.get("error"):
            return
    on_failure = ((options.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
    target = on_failure or (config.get("DeadLetterConfig") or {}).get("TargetArn")
    if target:
        lambda_svc._route_async_failure(target, config["FunctionName"], event, result)


def redeliver(deliveries: Deliveries) -> None:
    """Invoke again what had been begun and not finished when the last process stopped."""
    for name, function, event in deliveries.unfinished():
        func, _ = lambda_svc._get_func_record_for_qualifier(function, None)
        if func is not None:
            lambda_svc.invoke_async_with_retry(func, event)
        # Only now: it has been written down anew, and a stop in between delivers it twice rather than never.
        deliveries.forget(name)


def forget_old_logs() -> None:
    """MiniStack keeps every log stream for good, whatever the group's retention."""
    for group in list(cloudwatch_logs._log_groups._data.values()):
        streams = group["streams"]
        for name in list(streams)[:-KEPT_LOG_STREAMS]:
            del streams[name]


async def until_idle() -> None:
    """Wait until no function runs and every stream record has been read."""
    while lambda_svc.executions_in_flight()[0] or unread_records():  # noqa: ASYNC110 - there is no event to wait for
        await asyncio.sleep(0.05)
