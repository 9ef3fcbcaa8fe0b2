import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.exporter.otlp.http.logs.OtlpHttpLogRecordExporter;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.logs.OtlpGrpcLogRecordExporter;
import io.opentelemetry.exporter.otlp.metrics.OtlpGrpcMetricExporter;
import io.opentelemetry.exporter.otlp.trace.OtlpGrpcSpanExporter;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import io.opentelemetry.sdk.logs.export.BatchLogRecordProcessor;
import io.opentelemetry.sdk.logs.export.LogRecordExporter;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** The stock Java SDK as a sender; senders.ts says what all senders take and print. */
public final class SenderJava {
  private static final int BATCH = 10;
  /** When the first item began; each next one is a microsecond later. */
  private static final long START_NANOS = 1_795_467_600_000_000_000L;

  private static final List<String> items = new ArrayList<>();
  private static final List<String> failures = Collections.synchronizedList(new ArrayList<>());
  private static final AtomicInteger requests = new AtomicInteger();
  private static final Resource service =
      Resource.create(Attributes.of(AttributeKey.stringKey("service.name"), "sender-java"));

  private final String endpoint;
  private final boolean grpc;
  private final String compression;
  private final int count;
  private final String run;

  private SenderJava(String[] args) {
    endpoint = args[0];
    grpc = args[1].equals("grpc");
    compression = args[2];
    count = Integer.parseInt(args[4]);
    run = args[5];
  }

  public static void main(String[] args) {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    SenderJava sender = new SenderJava(args);
    Runnable end =
        switch (args[3]) {
          case "traces" -> sender.traces();
          case "logs" -> sender.logs();
          default -> sender.metrics();
        };
    out.println("sending");
    end.run();
    String form = "{\"items\":[%s],\"requests\":%d,\"failures\":[%s]}%n";
    out.printf(form, quoted(items), requests.get(), quoted(failures));
    System.exit(0);
  }

  private Runnable traces() {
    SpanExporter stock =
        grpc
            ? OtlpGrpcSpanExporter.builder().setEndpoint(endpoint).setCompression(compression).build()
            : OtlpHttpSpanExporter.builder()
                .setEndpoint(endpoint + "/v1/traces")
                .setCompression(compression)
                .build();
    var processor =
        BatchSpanProcessor.builder(noting(SpanExporter.class, stock))
            .setMaxExportBatchSize(BATCH)
            .build();
    var provider =
        SdkTracerProvider.builder().setResource(service).addSpanProcessor(processor).build();
    var tracer = provider.get("sender");
    for (int i = 0; i < count; i++) {
      var span =
          tracer
              .spanBuilder("item-" + i)
              .setSpanKind(SpanKind.SERVER)
              .setStartTimestamp(startOf(i), NANOSECONDS)
              .setAllAttributes(attributesOf(i))
              .startSpan();
      span.addEvent("told", startOf(i), NANOSECONDS);
      span.setStatus(StatusCode.OK);
      span.end(startOf(i) + 1_000_000, NANOSECONDS);
      items.add(span.getSpanContext().getTraceId() + ":" + span.getSpanContext().getSpanId());
    }
    return () -> provider.shutdown().join(60, SECONDS);
  }

  private Runnable logs() {
    LogRecordExporter stock =
        grpc
            ? OtlpGrpcLogRecordExporter.builder()
                .setEndpoint(endpoint)
                .setCompression(compression)
                .build()
            : OtlpHttpLogRecordExporter.builder()
                .setEndpoint(endpoint + "/v1/logs")
                .setCompression(compression)
                .build();
    var processor =
        BatchLogRecordProcessor.builder(noting(LogRecordExporter.class, stock))
            .setMaxExportBatchSize(BATCH)
            .build();
    var provider =
        SdkLoggerProvider.builder().setResource(service).addLogRecordProcessor(processor).build();
    var logger = provider.get("sender");
    for (int i = 0; i < count; i++) {
      logger
          .logRecordBuilder()
          .setTimestamp(startOf(i), NANOSECONDS)
          .setSeverity(Severity.INFO)
          .setBody("item-" + i)
          .setAllAttributes(attributesOf(i))
          .emit();
    }
    return () -> provider.shutdown().join(60, SECONDS);
  }

  private Runnable metrics() {
    MetricExporter stock =
        grpc
            ? OtlpGrpcMetricExporter.builder()
                .setEndpoint(endpoint)
                .setCompression(compression)
                .build()
            : OtlpHttpMetricExporter.builder()
                .setEndpoint(endpoint + "/v1/metrics")
                .setCompression(compression)
                .build();
    var reader =
        PeriodicMetricReader.builder(noting(MetricExporter.class, stock))
            .setInterval(Duration.ofHours(1))
            .build();
    var provider =
        SdkMeterProvider.builder().setResource(service).registerMetricReader(reader).build();
    var counter = provider.get("sender").counterBuilder("conformance.items").build();
    for (int i = 0; i < count; i++) counter.add(i + 1, attributesOf(i));
    return () -> provider.shutdown().join(60, SECONDS);
  }

  /** The exporter, which also notes each answer. */
  private static <T> T noting(Class<T> type, T stock) {
    Object noting =
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, args) -> {
              Object result;
              try {
                result = method.invoke(stock, args);
              } catch (InvocationTargetException failed) {
                throw failed.getCause();
              }
              if (method.getName().equals("export")) note((CompletableResultCode) result);
              return result;
            });
    return type.cast(noting);
  }

  private static void note(CompletableResultCode result) {
    result.whenComplete(
        () -> {
          requests.incrementAndGet();
          if (!result.isSuccess()) failures.add(String.valueOf(result.getFailureThrowable()));
        });
  }

  private Attributes attributesOf(int i) {
    return Attributes.builder()
        .put("conformance.run", run)
        .put("conformance.item", i)
        .put("conformance.text", "Zo\u00eb \u2713 " + i)
        .put("conformance.big", 9007199254740991L)
        .put("conformance.ratio", 0.1)
        .put("conformance.flag", true)
        .put("conformance.list", "a", "b")
        .build();
  }

  private static long startOf(int i) {
    return START_NANOS + i * 1000L;
  }

  private static String quoted(List<String> texts) {
    List<String> quoted = new ArrayList<>();
    for (String text : texts) quoted.add("\"" + text.replaceAll("[^ -!#-\\[\\]-~]", "?") + "\"");
    return String.join(",", quoted);
  }
}
