// The stock Go SDK as a sender; senders.ts says what all senders take and print.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

const batch = 10

// startSeconds is when the first item began; each next one is a microsecond later.
const startSeconds = 1_795_467_600

type order struct {
	endpoint, protocol, compression, signal, run string
	count                                        int
}

type answers struct {
	Items    []string `json:"items"`
	Requests int      `json:"requests"`
	Failures []string `json:"failures"`
}

func (a *answers) note(err error) error {
	a.Requests++
	if err != nil {
		a.Failures = append(a.Failures, err.Error())
	}
	return err
}

func main() {
	count, err := strconv.Atoi(os.Args[5])
	check(err)
	asked := order{os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[6], count}
	told := &answers{Items: []string{}, Failures: []string{}}
	// Partial success comes here.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		fmt.Fprintln(os.Stderr, err)
	}))
	send := map[string]func(context.Context, order, *answers) error{
		"traces": sendTraces, "logs": sendLogs, "metrics": sendMetrics,
	}[asked.signal]
	if err := send(context.Background(), asked, told); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	check(json.NewEncoder(os.Stdout).Encode(told))
}

type spanExporter struct {
	sdktrace.SpanExporter
	told *answers
}

func (e spanExporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	return e.told.note(e.SpanExporter.ExportSpans(ctx, spans))
}

func sendTraces(ctx context.Context, asked order, told *answers) error {
	var exporter sdktrace.SpanExporter
	var err error
	if asked.protocol == "grpc" {
		options := []otlptracegrpc.Option{
			otlptracegrpc.WithInsecure(), otlptracegrpc.WithEndpoint(host(asked)),
		}
		if asked.compression == "gzip" {
			options = append(options, otlptracegrpc.WithCompressor("gzip"))
		}
		exporter, err = otlptracegrpc.New(ctx, options...)
	} else {
		options := []otlptracehttp.Option{otlptracehttp.WithEndpointURL(asked.endpoint + "/v1/traces")}
		if asked.compression == "gzip" {
			options = append(options, otlptracehttp.WithCompression(otlptracehttp.GzipCompression))
		}
		exporter, err = otlptracehttp.New(ctx, options...)
	}
	check(err)
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithResource(service()),
		sdktrace.WithBatcher(spanExporter{exporter, told}, sdktrace.WithMaxExportBatchSize(batch)),
	)
	tracer := provider.Tracer("sender")
	for i := range asked.count {
		start := startOf(i)
		_, span := tracer.Start(ctx, fmt.Sprintf("item-%d", i), trace.WithTimestamp(start),
			trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(attributesOf(asked, i)...))
		span.AddEvent("told", trace.WithTimestamp(start))
		span.SetStatus(codes.Ok, "")
		span.End(trace.WithTimestamp(start.Add(time.Millisecond)))
		id := span.SpanContext()
		told.Items = append(told.Items, id.TraceID().String()+":"+id.SpanID().String())
	}
	fmt.Println("sending")
	return provider.Shutdown(ctx)
}

type logExporter struct {
	sdklog.Exporter
	told *answers
}

func (e logExporter) Export(ctx context.Context, records []sdklog.Record) error {
	return e.told.note(e.Exporter.Export(ctx, records))
}

func sendLogs(ctx context.Context, asked order, told *answers) error {
	var exporter sdklog.Exporter
	var err error
	if asked.protocol == "grpc" {
		options := []otlploggrpc.Option{
			otlploggrpc.WithInsecure(), otlploggrpc.WithEndpoint(host(asked)),
		}
		if asked.compression == "gzip" {
			options = append(options, otlploggrpc.WithCompressor("gzip"))
		}
		exporter, err = otlploggrpc.New(ctx, options...)
	} else {
		options := []otlploghttp.Option{otlploghttp.WithEndpointURL(asked.endpoint + "/v1/logs")}
		if asked.compression == "gzip" {
			options = append(options, otlploghttp.WithCompression(otlploghttp.GzipCompression))
		}
		exporter, err = otlploghttp.New(ctx, options...)
	}
	check(err)
	processor := sdklog.NewBatchProcessor(logExporter{exporter, told},
		sdklog.WithExportMaxBatchSize(batch))
	provider := sdklog.NewLoggerProvider(sdklog.WithResource(service()),
		sdklog.WithProcessor(processor))
	logger := provider.Logger("sender")
	for i := range asked.count {
		var record log.Record
		record.SetTimestamp(startOf(i))
		record.SetSeverity(log.SeverityInfo)
		record.SetBody(attribute.StringValue(fmt.Sprintf("item-%d", i)))
		record.AddAttributes(attributesOf(asked, i)...)
		logger.Emit(ctx, record)
	}
	fmt.Println("sending")
	return provider.Shutdown(ctx)
}

type metricExporter struct {
	sdkmetric.Exporter
	told *answers
}

func (e metricExporter) Export(ctx context.Context, data *metricdata.ResourceMetrics) error {
	return e.told.note(e.Exporter.Export(ctx, data))
}

func sendMetrics(ctx context.Context, asked order, told *answers) error {
	var exporter sdkmetric.Exporter
	var err error
	if asked.protocol == "grpc" {
		options := []otlpmetricgrpc.Option{
			otlpmetricgrpc.WithInsecure(), otlpmetricgrpc.WithEndpoint(host(asked)),
		}
		if asked.compression == "gzip" {
			options = append(options, otlpmetricgrpc.WithCompressor("gzip"))
		}
		exporter, err = otlpmetricgrpc.New(ctx, options...)
	} else {
		url := otlpmetrichttp.WithEndpointURL(asked.endpoint + "/v1/metrics")
		options := []otlpmetrichttp.Option{url}
		if asked.compression == "gzip" {
			options = append(options, otlpmetrichttp.WithCompression(otlpmetrichttp.GzipCompression))
		}
		exporter, err = otlpmetrichttp.New(ctx, options...)
	}
	check(err)
	reader := sdkmetric.NewPeriodicReader(metricExporter{exporter, told},
		sdkmetric.WithInterval(time.Hour))
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithResource(service()),
		sdkmetric.WithReader(reader))
	counter, err := provider.Meter("sender").Int64Counter("conformance.items")
	check(err)
	for i := range asked.count {
		counter.Add(ctx, int64(i+1), metric.WithAttributes(attributesOf(asked, i)...))
	}
	fmt.Println("sending")
	return provider.Shutdown(ctx)
}

func attributesOf(asked order, i int) []attribute.KeyValue {
	return []attribute.KeyValue{
		attribute.String("conformance.run", asked.run),
		attribute.Int("conformance.item", i),
		attribute.String("conformance.text", fmt.Sprintf("Zoë ✓ %d", i)),
		attribute.Int64("conformance.big", 9007199254740991),
		attribute.Float64("conformance.ratio", 0.1),
		attribute.Bool("conformance.flag", true),
		attribute.StringSlice("conformance.list", []string{"a", "b"}),
	}
}

func startOf(i int) time.Time { return time.Unix(startSeconds, int64(i)*1000) }

func service() *resource.Resource {
	return resource.NewSchemaless(attribute.String("service.name", "sender-go"))
}

func host(asked order) string { return strings.TrimPrefix(asked.endpoint, "http://") }

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
