// The closed sets of codes of @grantlog/receiver: why a span is refused (REFUSALS), and why a
// request or a start fails (RECEIVER_CODES). codes.test.ts compares both with README.md.

import { RETRY_AFTER_S } from './limits.ts'

/**
 * Why a span was refused, and what its sender can do about it. The words appear in the OTLP
 * `partial_success`, in the log and in `refusals` leaves. The list is closed.
 */
export const REFUSALS = {
  UNSIGNED: 'the scope carries no signature; keep scope attributes in every Collector on the way',
  UNKNOWN_KEY: 'the signing key is not enrolled; run `grantlog keys new` on the receiver',
  REVOKED: 'the signing key was revoked; make another one with `grantlog keys rotate`',
  FORGED: 'the signature does not verify; the batch was made or changed by somebody else',
  OUT_OF_SCOPE: 'the key is not enrolled for this service, role, issuer, audience or time',
  ALTERED: 'it is not what was signed; remove processors that edit audit spans and log records',
  MALFORMED: 'the span, its batch or the log record breaks the format (FORMAT.md, 1, 2 and 6)',
  WITHHELD: 'a personal slot was taken out on the way; keep redaction off audit spans',
  CONFLICT: 'another record has this place in its stream, or this id; was the process cloned?',
} as const

export type RefusalCode = keyof typeof REFUSALS

/**
 * Every error code of this package: HTTP status and google.rpc.Code for a client (0: none sees it),
 * what happened, and what to do. The list is closed.
 */
export const RECEIVER_CODES = {
  RECEIVER_BODY_MALFORMED: {
    status: 400,
    rpc: 3,
    title: 'the body is not the OTLP request of its path',
    fix: 'send the Export…ServiceRequest of the path, in the form that Content-Type says',
  },
  RECEIVER_QUERY_MALFORMED: {
    status: 400,
    rpc: 3,
    title: 'the query is not from=N&to=M within the published log',
    fix: 'ask for 0 <= from <= to <= the size in the latest checkpoint',
  },
  RECEIVER_PROOF_REFUSED: {
    status: 401,
    rpc: 16,
    title: 'no enrolled key has signed this request',
    fix: 'sign each request anew (FORMAT.md, 7), with an enrolled key and a right clock',
  },
  RECEIVER_ENROL_REFUSED: {
    status: 400,
    rpc: 3,
    title: 'the request does not prove the new key',
    fix: 'sign a new proof with it, for this access token and this log (FORMAT.md, 7.1)',
  },
  RECEIVER_CREDENTIALS_MALFORMED: {
    status: 400,
    rpc: 3,
    title: 'the request shows more than one credential, or one in the wrong place',
    fix: 'send one Authorization header: Bearer and the access token',
  },
  RECEIVER_CALLER_UNKNOWN: {
    status: 401,
    rpc: 16,
    title: 'the request does not show who sends it',
    fix: 'show a client certificate, or an access token as Authorization: Bearer',
  },
  RECEIVER_TOKEN_REFUSED: {
    status: 401,
    rpc: 16,
    title: 'the access token is not valid here',
    fix: 'get a new one from an issuer that the receiver names, for its audience',
  },
  RECEIVER_DPOP_REFUSED: {
    status: 401,
    rpc: 16,
    title: 'the DPoP proof is not one for this request',
    fix: 'make one for each request: its method, URL and time, the hash of its token, a new jti',
  },
  RECEIVER_CERTIFICATE_REFUSED: {
    status: 401,
    rpc: 16,
    title: 'the client certificate is not valid here',
    fix: 'show one of the authority that the receiver trusts, within its time',
  },
  RECEIVER_SCOPE_MISSING: {
    status: 403,
    rpc: 7,
    title: 'the access token does not allow to write audit records',
    fix: 'ask the issuer for this scope',
  },
  RECEIVER_CALLER_FORBIDDEN: {
    status: 403,
    rpc: 7,
    title: 'who sends is known, and not one who may',
    fix: "add the certificate's mark or the client's name to the receiver's callers",
  },
  RECEIVER_ORIGIN_REFUSED: {
    status: 403,
    rpc: 7,
    title: 'requests from web pages are refused',
    fix: 'send telemetry from a server; this endpoint is not for browsers',
  },
  RECEIVER_HOST_REFUSED: {
    status: 403,
    rpc: 7,
    title: 'the Host header names another host',
    fix: 'address the receiver by its own address, or add the name to allowedHosts',
  },
  RECEIVER_LOG_UNKNOWN: {
    status: 404,
    rpc: 5,
    title: 'no log of this origin is kept here',
    fix: 'see the first line of the checkpoint; are the credentials of this receiver?',
  },
  RECEIVER_PATH_UNKNOWN: {
    status: 404,
    rpc: 12,
    title: 'there is nothing at this path',
    fix: 'send to POST /v1/traces, /v1/logs or /v1/metrics; over gRPC, to their Export',
  },
  RECEIVER_METHOD_REFUSED: {
    status: 405,
    rpc: 12,
    title: 'the path does not take this method',
    fix: 'see the Allow header',
  },
  RECEIVER_ENROL_CONFLICT: {
    status: 409,
    rpc: 9,
    title: 'an access token is not enough to enrol this key',
    fix: 'let the key in force sign for it, or ask the operator (grantlog keys new, keys rotate)',
  },
  RECEIVER_TIMEOUT: {
    status: 408,
    rpc: 4,
    title: 'the call took longer than it may',
    fix: 'send again, in smaller batches or with more time: what was committed is there once',
  },
  RECEIVER_BODY_TOO_LARGE: {
    status: 413,
    rpc: 8,
    title: 'the body is larger than the limit, as sent or once decompressed',
    fix: 'send smaller batches',
  },
  RECEIVER_UNSTORABLE: {
    status: 413,
    rpc: 8,
    title: 'a batch is larger than the ledger takes at once, as it is stored',
    fix: 'send smaller batches',
  },
  RECEIVER_TYPE_REFUSED: {
    status: 415,
    rpc: 3,
    title: 'the content type is not one of OTLP',
    fix: 'send application/x-protobuf, or application/json in UTF-8; gRPC has its own port',
  },
  RECEIVER_ENCODING_REFUSED: {
    status: 415,
    rpc: 12,
    title: 'the encoding is not gzip, zstd, deflate or identity, or more than one',
    fix: 'set OTEL_EXPORTER_OTLP_COMPRESSION=gzip or none; in a Collector, `compression`',
  },
  RECEIVER_INTERNAL: {
    status: 500,
    rpc: 13,
    title: 'the receiver failed on this request',
    fix: 'see the log of the receiver; please report it',
  },
  RECEIVER_BUSY: {
    status: 503,
    rpc: 14,
    title: 'too much is in flight',
    fix: 'send again after the time in Retry-After',
  },
  RECEIVER_CALLER_BUSY: {
    status: 503,
    rpc: 14,
    title: 'too much of this sender is in flight',
    fix: 'send again after the time in Retry-After; send less at a time',
  },
  RECEIVER_ISSUER_UNREACHABLE: {
    status: 503,
    rpc: 14,
    title: "the issuer's keys cannot be had, so the access token can't be checked",
    fix: "send again after the time in Retry-After; see the receiver's log",
  },
  RECEIVER_ENROL_BUSY: {
    status: 429,
    rpc: 8,
    title: 'tokens of this issuer have enrolled as many keys as they may in an hour',
    fix: 'send again after the time in Retry-After, or ask the operator (grantlog keys new)',
  },
  RECEIVER_TENANT_BUSY: {
    status: 429,
    rpc: 8,
    title: 'the tenant sends more than it may',
    fix: 'send again after the time in Retry-After, or raise its limits in grantlog.yaml',
  },
  RECEIVER_TENANT_FULL: {
    status: 503,
    rpc: 14,
    title: 'the tenant has as much on the disk as it may',
    fix: 'raise its limits.diskBytes in grantlog.yaml; senders come again',
  },
  RECEIVER_TENANT_AWAY: {
    status: 503,
    rpc: 14,
    title: "the sender's tenant is not served",
    fix: 'make the tenant that callers of grantlog.yaml names, or see TENANT_NOT_SERVED in the log',
  },
  RECEIVER_KEY_UNKNOWN: {
    status: 503,
    rpc: 14,
    title: 'no span of the request can be taken before its key is enrolled',
    fix: 'enrol the key and send again; a producer that keeps its spans does so by itself',
  },
  RECEIVER_COMMIT_FAILED: {
    status: 503,
    rpc: 14,
    title: 'the spans could not be made durable; nothing was acknowledged',
    fix: 'send again after the time in Retry-After; see the log of the receiver',
  },
  RECEIVER_PORT_TAKEN: {
    status: 0,
    rpc: 0,
    title: 'the port is taken',
    fix: 'stop the other process (often an OpenTelemetry Collector) or choose another port',
  },
  RECEIVER_BIND_PUBLIC: {
    status: 0,
    rpc: 0,
    title: 'the address can be reached from other machines, and not safely',
    fix: 'give TLS (--tls-cert, --tls-key) and who may send (--client-ca), or use 127.0.0.1',
  },
  RECEIVER_ADMIN_PUBLIC: {
    status: 0,
    rpc: 0,
    title: 'the admin port asks nobody who he is, and others could reach this address',
    fix: 'keep it on 127.0.0.1, behind a proxy with TLS and a log-in if others need it',
  },
  RECEIVER_TLS_INVALID: {
    status: 0,
    rpc: 0,
    title: 'the certificate and its key cannot be used',
    fix: 'give PEM files: the certificate with its chain, and its key without a passphrase',
  },
  RECEIVER_CALLERS_INVALID: {
    status: 0,
    rpc: 0,
    title: 'who may send is not well configured',
    fix: 'see CallersOptions in the README',
  },
  RECEIVER_ENROLMENT_MALFORMED: {
    status: 0,
    rpc: 0,
    title: 'enrolled.json is not a list of enrolments (FORMAT.md, 3.4)',
    fix: 'restore the file, or write it again with `grantlog keys new`',
  },
  RECEIVER_POLICY_INVALID: {
    status: 0,
    rpc: 0,
    title: 'the policy for the services cannot be used, and none was sealed before',
    fix: 'mend the file that is named, or take it away: then there is none',
  },
  RECEIVER_METRICS_TO_OURSELVES: {
    status: 0,
    rpc: 0,
    title: 'metrics would be pushed to a port of this receiver itself',
    fix: 'push them to a Collector or a metrics server, or scrape /metrics of the admin port',
  },
  RECEIVER_KEY_ELSEWHERE: {
    status: 0,
    rpc: 0,
    title: 'the key is enrolled in another tenant',
    fix: 'take it out of one of the two lists: what a key signs belongs in one ledger',
  },
  RECEIVER_TENANT_INVALID: {
    status: 0,
    rpc: 0,
    title: 'the tenant cannot be served',
    fix: 'give it a name of its own ([a-z0-9-], at most 63 characters) and its own ledger',
  },
  RECEIVER_SIGNER_MALFORMED: {
    status: 0,
    rpc: 0,
    title: 'a file of keys/log-signers is neither a certificate nor a public key',
    fix: 'keep one PEM in each NAME.pem, and no private key',
  },
  RECEIVER_SINK_INVALID: {
    status: 0,
    rpc: 0,
    title: 'a sink is not well configured',
    fix: 'give each sink its own name ([a-z0-9-]), a URL of its type, and a core its receiptKey',
  },
} as const

export type ReceiverCode = keyof typeof RECEIVER_CODES

export interface ReceiverErrorOptions extends ErrorOptions {
  /** Default: RETRY_AFTER_S. */
  readonly retryAfterS?: number
}

/** The one error class of this package. Branch on `code`; title and fix are for people. */
export class ReceiverError extends Error {
  readonly code: ReceiverCode
  readonly title: string
  readonly fix: string
  /** Seconds after which a client may send again, where it may. */
  readonly retryAfterS: number

  /** `detail` is shown to clients: it never holds personal data or secrets. */
  constructor(code: ReceiverCode, detail?: string, options: ReceiverErrorOptions = {}) {
    const { title, fix } = RECEIVER_CODES[code]
    super(detail === undefined ? title : `${title}: ${detail}`, options)
    this.name = 'ReceiverError'
    this.code = code
    this.title = title
    this.fix = fix
    this.retryAfterS = options.retryAfterS ?? RETRY_AFTER_S
  }
}
