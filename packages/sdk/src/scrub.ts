/**
 * A span processor that removes the secrets of OAuth from spans of any instrumentation: values of
 * `code`, `state`, `access_token`, `id_token_hint` and their like in URLs, wherever a span has one
 * (RFC 9700 section 4.2.4, RFC 6750 section 5.3), credential headers, tokens, passwords in URLs and
 * random segments of paths. Put it before the processor that exports:
 *
 * ```ts
 * new NodeSDK({ spanProcessors: [createScrubProcessor(), new BatchSpanProcessor({ exporter })] })
 * ```
 *
 * For OpenTelemetry's SDK for JavaScript 1 to 3; nothing of it is imported. See scrub.test.ts: no
 * planted secret survives, and what is harmless stays as it is, to the byte.
 *
 * @module
 */
import { createTextScrubber, secretNames } from '@grantlog/record/scrub'
import { scrubSpan } from './scrub/span.ts'

export interface ScrubOptions {
  /**
   * Further names of parameters, attributes and members of dumped objects whose values are secret.
   * Case does not matter, nor does `-` or `_`.
   */
  readonly names?: readonly string[]
}

/** Fits `SpanProcessor` of @opentelemetry/sdk-trace 3 and @opentelemetry/sdk-trace-base 1 and 2. */
export interface ScrubProcessor {
  readonly onStart: () => void
  /** Scrubs the span where it is, before the processors that come later see it. Never throws. */
  readonly onEnd: (span: object) => void
  readonly forceFlush: () => Promise<void>
  readonly shutdown: () => Promise<void>
}

/** See the head of this module. */
export function createScrubProcessor({ names: more = [] }: ScrubOptions = {}): ScrubProcessor {
  const names = secretNames(more)
  const scrubText = createTextScrubber(names)
  return {
    onStart: () => undefined,
    onEnd: (span) => scrubSpan(span, names, scrubText),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
}
