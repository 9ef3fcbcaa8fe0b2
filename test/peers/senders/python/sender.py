"""The stock Python SDK as a sender; senders.ts says what all senders take and print."""
import importlib
import json
import logging
import sys

from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode

endpoint, protocol, compression, signal, count, run = sys.argv[1:]
BATCH = 10
# When the first item began; each next one is a microsecond later.
START_NANOS = 1_795_467_600_000_000_000

told = {"items": [], "requests": 0, "failures": []}
resource = Resource({"service.name": "sender-python"})
# Partial success and retries are said here.
logging.basicConfig(stream=sys.stderr, level=logging.WARNING)


def exporter():
    """The exporter asked for, which also notes each answer."""
    kind, name = {
        "traces": ("trace_exporter", "OTLPSpanExporter"),
        "logs": ("_log_exporter", "OTLPLogExporter"),
        "metrics": ("metric_exporter", "OTLPMetricExporter"),
    }[signal]
    if protocol == "grpc":
        from grpc import Compression

        values = {"none": Compression.NoCompression, "gzip": Compression.Gzip,
                  "deflate": Compression.Deflate}
        options = {"endpoint": endpoint, "insecure": True}
    else:
        from opentelemetry.exporter.otlp.proto.http import Compression

        values = {"none": Compression.NoCompression, "gzip": Compression.Gzip,
                  "deflate": Compression.Deflate}
        options = {"endpoint": f"{endpoint}/v1/{signal}"}
    package = f"opentelemetry.exporter.otlp.proto.{protocol.removesuffix('/protobuf')}.{kind}"
    stock = getattr(importlib.import_module(package), name)(
        compression=values[compression], **options
    )
    send = stock.export

    def export(items, *args, **kwargs):
        result = send(items, *args, **kwargs)
        told["requests"] += 1
        if result.name != "SUCCESS":
            told["failures"].append(result.name)
        return result

    stock.export = export
    return stock


def attributes_of(i):
    return {
        "conformance.run": run,
        "conformance.item": i,
        "conformance.text": f"Zoë ✓ {i}",
        "conformance.big": 9007199254740991,
        "conformance.ratio": 0.1,
        "conformance.flag": True,
        "conformance.list": ["a", "b"],
    }


def start_of(i):
    return START_NANOS + i * 1000


def traces():
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(exporter(), max_export_batch_size=BATCH))
    tracer = provider.get_tracer("sender")
    for i in range(int(count)):
        span = tracer.start_span(f"item-{i}", kind=SpanKind.SERVER, start_time=start_of(i),
                                 attributes=attributes_of(i))
        span.add_event("told", timestamp=start_of(i))
        span.set_status(Status(StatusCode.OK))
        span.end(start_of(i) + 1_000_000)
        context = span.get_span_context()
        told["items"].append(f"{context.trace_id:032x}:{context.span_id:016x}")
    return provider


def logs():
    provider = LoggerProvider(resource=resource)
    provider.add_log_record_processor(
        BatchLogRecordProcessor(exporter(), max_export_batch_size=BATCH)
    )
    logger = provider.get_logger("sender")
    for i in range(int(count)):
        logger.emit(LogRecord(timestamp=start_of(i), severity_number=SeverityNumber.INFO,
                              body=f"item-{i}", attributes=attributes_of(i)))
    return provider


def metrics():
    reader = PeriodicExportingMetricReader(exporter(), export_interval_millis=3_600_000)
    provider = MeterProvider(resource=resource, metric_readers=[reader])
    counter = provider.get_meter("sender").create_counter("conformance.items")
    for i in range(int(count)):
        counter.add(i + 1, attributes_of(i))
    return provider


sent = {"traces": traces, "logs": logs, "metrics": metrics}[signal]()
print("sending", flush=True)
sent.shutdown()
print(json.dumps(told))
