// What one step hands to the next. Plain data: nothing here refers to a library's live objects.
import type { AttributeValue, Span } from '@grantlog/record'

/** Ids of the span that a record hangs under. */
export interface ParentSpan {
  /** 32 lower-case hex digits. */
  readonly traceId: string
  /** 16 lower-case hex digits. */
  readonly spanId: string
}

/**
 * When something happened, and under which span. Times are Unix nanoseconds, whole microseconds.
 */
export interface Occurrence {
  readonly startTimeUnixNano: bigint
  readonly endTimeUnixNano: bigint
  readonly parent: ParentSpan | null
}

/** The HTTP request that carried an action. */
export interface HttpFacts {
  readonly method: string
  /** Route template, never the raw path. */
  readonly route: string | null
  readonly status: number
  readonly clientAddress: string | null
  readonly userAgent: string | null
}

/** An error as the library told it. `detail` is the real reason, which the client never sees. */
export interface ErrorFacts {
  /** The protocol's error code on the wire; `_OTHER` if it does not look like one. */
  readonly code: string
  /** Class of the exception or `_OTHER`; of the library's own errors the same as `code`. */
  readonly type: string
  readonly description: string | null
  readonly detail: string | null
}

/** Tokens of one response, raw: they are hashed in describe/ and go no further. */
export interface TokenFacts {
  readonly accessToken: string | null
  readonly refreshToken: string | null
  readonly hasIdToken: boolean
  readonly expiresInS: number | null
  readonly scope: string | null
  readonly isJwt: boolean
  readonly binding: 'dpop' | 'mtls' | null
  readonly audience: readonly string[]
}

/** Request parameters that may be known. Secrets are reduced to whether they were there. */
export interface ParameterFacts {
  readonly grantType: string | null
  readonly responseType: string | null
  readonly responseMode: string | null
  readonly scope: string | null
  readonly redirectUri: string | null
  readonly prompt: string | null
  readonly acrValues: string | null
  readonly resources: readonly string[]
  readonly codeChallengeMethod: string | null
  readonly hasCodeChallenge: boolean
  readonly hasCodeVerifier: boolean
  readonly hasRequestObject: boolean
  readonly hasPushedRequest: boolean
  /** Raw: hashed in describe/. */
  readonly refreshToken: string | null
}

/** Values of parameters that the library knows; all else somebody may have typed. */
export interface KnownFacts {
  readonly grantTypes: readonly string[]
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
  readonly acrs: readonly string[]
  /** The redirect URI is the client's. */
  readonly isRedirectUri: boolean
}

/** One request to an authorization server, as its library saw it. */
export interface ServerFacts {
  readonly library: string
  readonly endpoint: 'authorization' | 'resume' | 'token'
  readonly issuer: string | null
  readonly http: HttpFacts
  readonly parameters: ParameterFacts
  readonly known: KnownFacts
  readonly client: {
    readonly id: string
    readonly name: string | null
    readonly authMethod: string | null
  } | null
  readonly accountId: string | null
  /** Raw identifiers: hashed in describe/. */
  readonly sessionUid: string | null
  readonly grantId: string | null
  readonly authTimeS: number | null
  readonly acr: string | null
  readonly amr: readonly string[]
  /** What happened, by the library's own events. */
  readonly succeeded: boolean
  readonly error: ErrorFacts | null
  /** Scope of the grant at the authorization endpoint. */
  readonly grantedScope: string | null
  readonly consented: boolean
  readonly tokens: TokenFacts | null
  readonly refresh: {
    readonly rotated: boolean
    readonly rotations: number | null
    readonly reused: boolean
  } | null
  /** A grant with all its tokens was revoked on the way. */
  readonly grantRevoked: boolean
}

/** A place in the stream, taken before anything can fail: what is lost from then on is a gap. */
export interface Ticket {
  readonly record: (facts: ServerFacts, occurrence: Occurrence) => void
  /** Nothing can be told of it. */
  readonly lose: (error: unknown) => void
}

/** Keyed hashes for describe/. null: no key for it, so the attribute is left out. */
export interface Hashes {
  /** Of a token that this server issued. */
  readonly token: (token: string) => string
  /** Of what was presented as one. */
  readonly typedToken: (token: string) => string | null
  readonly person: (identifier: string) => string | null
}

/** What a record says, before ids and numbers. */
export interface Description {
  readonly action: string
  readonly failed: boolean
  readonly message: string
  readonly attributes: Map<string, AttributeValue>
}

/** A record on its way. */
export interface SealedRecord {
  /** `audit.sequence.number`. */
  readonly sequence: number
  readonly span: Span
  /** 32 bytes. */
  readonly digest: Uint8Array
  /** Memory it takes, roughly. */
  readonly bytes: number
}

/** Consecutive records under one signature. */
export interface SignedRecords {
  readonly records: readonly SealedRecord[]
  readonly firstSequence: number
  /** The batch, a JWS. */
  readonly jws: string
  /** b64u. */
  readonly root: string
  /** 32 bytes for each record. */
  readonly digests: Uint8Array
}
