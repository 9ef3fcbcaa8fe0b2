// What the hooks saw of one action, as plain data: from instrument/ to describe/. Secrets are raw
// here; they are hashed in describe/ and go no further. Long because each kind of action has its
// own, and they are read side by side.
import type { ValidationFacts, VerifiedClaims } from './validation-facts.ts'
export type { ValidationFacts, VerifiedClaims } from './validation-facts.ts'

/** Everything that can happen, told apart by `kind`. `action` is `audit.action`. */
export type Facts =
  | ServerFacts
  | InteractionFacts
  | LogoutFacts
  | EndedFacts
  | AccessFacts
  | CallFacts
  | WithheldFacts

/** The HTTP request that carried an action, as the server saw it. */
export interface HttpFacts {
  readonly method: string
  /** Route template, never the raw path. */
  readonly route: string | null
  /** Raw request target with its query; null where describe/ must not look at it. */
  readonly target: string | null
  /** 0: none was sent. */
  readonly status: number
  /** Its connection ended before all of the response had left. */
  readonly isCut?: boolean
  /** Behind proxies that the application trusts. */
  readonly clientAddress: string | null
  /** Of the other end of the connection. */
  readonly peerAddress?: string | null
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
  /** One of `oauth.error.reason`, where a hook knows it better than these texts tell. */
  readonly reason?: string | null
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
  /** Of the refresh token, where its server says it. */
  readonly refreshBinding?: 'dpop' | 'mtls' | null
  readonly refreshExpiresAtS?: number | null
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
  /** Of the authorization details, if there were any. */
  readonly detailTypes?: readonly string[]
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
  readonly detailTypes?: readonly string[]
  /** The redirect URI is the client's. */
  readonly isRedirectUri: boolean
  /** And one of those registered, letter by letter; none: nobody knows. */
  readonly isExactRedirectUri?: boolean
}

/**
 * What of an authorization server was asked, by the names of oidc-provider's routes. `resume` and
 * `device_resume` are the returns from the pages where the user logs in or consents.
 */
export type Endpoint =
  | 'authorization'
  | 'resume'
  | 'pushed_authorization_request'
  | 'token'
  | 'introspection'
  | 'revocation'
  | 'userinfo'
  | 'credential'
  | 'device_authorization'
  | 'code_verification'
  | 'device_resume'
  | 'backchannel_authentication'
  | 'registration'
  | 'client'
  | 'client_update'
  | 'client_delete'
  | 'end_session'
  | 'end_session_confirm'
  | 'end_session_success'

/** A client as the server has it registered. */
export interface ClientFacts {
  readonly id: string
  readonly name: string | null
  /** Registered for its authentication; null where nothing says it. */
  readonly authMethod: string | null
  /** `kid` of the assertion by which it said who it is, unverified; none: it showed none. */
  readonly assertionKid?: string | null
}

/** A token that was introspected, revoked, or shown to the server itself. */
export interface PresentedFacts {
  /** Raw. */
  readonly value: string
  /** The server issued it. What it did not find may be anything that somebody typed. */
  readonly isFound: boolean
  readonly type: 'access_token' | 'refresh_token' | null
  readonly location: 'header' | 'body' | 'query'
  readonly scope: string | null
  readonly audience: readonly string[]
  readonly issuedAtS: number | null
  readonly expiresAtS: number | null
  readonly binding: TokenFacts['binding']
  /** What introspection answered; null elsewhere. */
  readonly isActive: boolean | null
  /** It was revoked by this request, and with it all tokens of its grant if it has one. */
  readonly isRevoked: boolean
  readonly hasGrant: boolean
}

/** What a request showed of a key, and what the token is bound to that it is about. */
export interface ProofFacts {
  /** There was a DPoP proof (RFC 9449 section 4), good or bad. */
  readonly hasDpop: boolean
  /** `cnf.jkt` and `cnf.x5t#S256` of the token, thumbprints in base64url. */
  readonly boundKey: string | null
  readonly boundCertificate: string | null
}

/** The refresh token of a request or a response to it. */
export interface RefreshFacts {
  readonly rotated: boolean
  readonly rotations: number | null
  readonly reused: boolean
  /** It was used before, and is let through once more: its client may have missed the answer. */
  readonly isGraceReplay?: boolean
  readonly issuedAtS: number | null
}

/** One request to an authorization server, as its library saw it. */
export interface ServerFacts {
  readonly kind: 'server'
  readonly action: string
  readonly library: string
  readonly endpoint: Endpoint
  readonly issuer: string | null
  /** When the request ended, Unix seconds: lifetimes are told from here. */
  readonly atS: number
  readonly http: HttpFacts
  readonly parameters: ParameterFacts
  readonly known: KnownFacts
  readonly client: ClientFacts | null
  /** Whom it concerns, which is not always who acted. */
  readonly accountId: string | null
  /** Put into the access token, as `act` and under the claims that name roles. */
  readonly roles: readonly string[]
  readonly actors: readonly string[]
  /** Raw identifiers: hashed in describe/. A log-out may end several grants. */
  readonly sessionUid: string | null
  readonly grantIds: readonly string[]
  readonly authTimeS: number | null
  readonly acr: string | null
  readonly amr: readonly string[]
  /** What happened, by the library's own events. */
  readonly succeeded: boolean
  /** The user or a policy said no, without an error. */
  readonly isRefused: boolean
  readonly error: ErrorFacts | null
  /** One of `oauth.error.reason`, where more is known than the error tells. */
  readonly reason: string | null
  readonly scope: {
    /** Of the grant at the authorization endpoint. */
    readonly granted: string | null
    /** What the client may have at most; null where nothing says it. */
    readonly allowed: string | null
    /** What an error said to be missing; somebody may have typed it. */
    readonly missing: string | null
  }
  /** The user was asked and has agreed; null: nothing says whether anybody was asked. */
  readonly consented: boolean | null
  readonly tokens: TokenFacts | null
  readonly presented: PresentedFacts | null
  readonly refresh: RefreshFacts | null
  readonly exchange: TokenExchangeFacts | null
  readonly proof: ProofFacts
  /** A grant with all its tokens was revoked on the way. */
  readonly grantRevoked: boolean
  /** A client whose registration this is about. */
  readonly registeredClientId: string | null
  /** The client has registered itself: what it says of itself anybody can say. */
  readonly isDynamicClient: boolean
  /** The authorization response says who it is from (RFC 9207); none: there is none. */
  readonly saysIssuer?: boolean
}

/** A user's answer to the authorization server: a log-in, or a consent. */
export interface InteractionFacts {
  readonly kind: 'interaction'
  readonly action: 'oauth.login' | 'oauth.consent'
  readonly library: string
  readonly issuer: string | null
  /** Of the page where it was given; null for an answer on another device. */
  readonly http: HttpFacts | null
  readonly client: ClientFacts | null
  /** Of the account that was logged in; null when nobody was. */
  readonly accountId: string | null
  readonly sessionUid: string | null
  readonly grantId: string | null
  readonly scope: { readonly requested: string | null; readonly granted: string | null }
  /** `open`: the page was shown again, or another one. */
  readonly result: 'success' | 'denied' | 'failure' | 'open'
  /** The error with which the page answered; `_OTHER` if it does not look like one. */
  readonly errorCode: string | null
  /** One of `oauth.error.reason`, where something shows it. */
  readonly reason: string | null
  readonly acr: string | null
  readonly amr: readonly string[]
  /** The other site where the user logged in; none: here, or nothing says it. */
  readonly idp?: string | null
  /** A consent that was given before, taken back. */
  readonly isRevoked?: boolean
}

/** What the application ended itself, in no request to the authorization server. */
export interface EndedFacts {
  readonly kind: 'ended'
  readonly action: 'oauth.revoke' | 'oauth.end_session'
  readonly library: string
  readonly issuer: string | null
  readonly what: 'access_token' | 'refresh_token' | 'grant' | 'session'
  /** Raw. */
  readonly token: string | null
  readonly client: ClientFacts | null
  readonly accountId: string | null
  readonly sessionUid: string | null
  readonly grantId: string | null
}

/** A logout token that was sent to a client (OpenID Connect Back-Channel Logout). */
export interface LogoutFacts {
  readonly kind: 'logout'
  readonly action: 'oauth.backchannel_logout'
  readonly library: string
  readonly issuer: string | null
  readonly client: ClientFacts
  readonly server: { readonly address: string; readonly port: number | null } | null
  readonly accountId: string | null
  /** The client's own session identifier, `sid`, and the server's session. */
  readonly sessionUid: string | null
  /** null: it was taken. `status` is that of the client's answer, null when there was none. */
  readonly failure: { readonly type: string; readonly status: number | null } | null
}

/** A token in a request, raw. */
export interface PresentedToken {
  readonly value: string
  readonly scheme: 'bearer' | 'dpop'
  readonly location: 'header' | 'body' | 'query'
}

/** A token that a record is about, raw; where and how it was presented, if it was. */
export interface ShownToken {
  readonly value: string
  readonly type: 'access_token' | 'logout_token' | 'unknown'
  readonly scheme: PresentedToken['scheme'] | null
  readonly location: PresentedToken['location'] | null
}

/** A message to a server of the Model Context Protocol, by names that it knows, or `_OTHER`. */
export interface RpcFacts {
  readonly method: string
  readonly tool: string | null
}

/** One request to a protected resource, whatever serves it. */
export interface AccessFacts {
  readonly kind: 'access'
  readonly action: 'oauth.resource_access' | 'oauth.token_validation'
  /** null for a token that was validated apart from a request. */
  readonly http: HttpFacts | null
  readonly token: ShownToken | null
  /** null: nobody whom we know validated it. */
  readonly validation: ValidationFacts | null
  /** What it asked for, where it is no plain HTTP. */
  readonly rpc?: RpcFacts
  /** `WWW-Authenticate` of the response (RFC 6750 section 3). */
  readonly challenge: ChallengeFacts | null
  /** Of the body, as sent; null if not known. */
  readonly responseBytes: number | null
  /** That it had, as the application or its head says; null if neither does. */
  readonly responseRows: number | null
  /** The connection ended before the response did. */
  readonly isCut: boolean
  /** What the host answered after that, to nobody: what was asked for may be done all the same. */
  readonly unsentStatus?: number
  /** When it ended, Unix seconds. */
  readonly endedAtS: number
}

/** What a protected resource asked for in its answer. */
export interface ChallengeFacts {
  /** `_OTHER` if it does not look like an error code. */
  readonly error: string | null
  readonly scope: string | null
  /** Classes of a stronger log-in (RFC 9470 section 3); none: it asks for none. */
  readonly acr?: string
}

/** Why a call failed. */
export interface CallErrorFacts {
  /** The protocol's, of an answer or a redirect; null if it said none. */
  readonly code: string | null
  /** The code, else that of the library or the system, else the class or the HTTP status. */
  readonly type: string
  /** One of `oauth.error.reason` where the hook knows it better than the code tells. */
  readonly reason: string | null
  /** What failed: the other side said no or broke, or could not be reached; or we refused. */
  readonly by: 'server' | 'network' | 'client'
}

/** Tokens that are exchanged (RFC 8693 section 2.1), raw. */
export interface TokenExchangeFacts {
  readonly subjectToken: string | null
  readonly subjectTokenType: string | null
  readonly actorToken: string | null
  readonly actorTokenType: string | null
  readonly requestedTokenType: string | null
  readonly issuedTokenType: string | null
}

/** What an ID token or an answer said of the user. */
export interface SubjectFacts {
  readonly id: string
  /** `sid`, raw. */
  readonly sessionId: string | null
  readonly authTimeS: number | null
  readonly acr: string | null
  readonly amr: readonly string[]
}

/** One OAuth request to somebody else, as its client saw it. */
export interface CallFacts {
  readonly kind: 'call'
  readonly action: string
  readonly library: string
  /** As the client has it configured; null where nothing says it. */
  readonly issuer: string | null
  readonly server: { readonly address: string; readonly port: number | null } | null
  readonly method: string | null
  /** null when there was no answer. */
  readonly status: number | null
  readonly clientId: string | null
  readonly clientAuthMethod: string | null
  /** Of the assertion that it showed. */
  readonly clientAssertionKid?: string | null
  readonly parameters: ParameterFacts
  readonly exchange: TokenExchangeFacts | null
  /** Token that was introspected, revoked or shown. */
  readonly token: { readonly value: string; readonly type: string | null } | null
  readonly tokens: TokenFacts | null
  /** They were there already; undefined where nothing says it. */
  readonly isCached?: boolean | undefined
  readonly subject: SubjectFacts | null
  /** What introspection answered. */
  readonly active: boolean | null
  /** What it said of an active token. */
  readonly claims: VerifiedClaims | null
  readonly error: CallErrorFacts | null
  /** Seconds that the server's clock is ahead of ours; none: nothing shows it. */
  readonly clockSkewS?: number
  /** The authorization response that its code came in says who it is from; none: not known. */
  readonly saysIssuer?: boolean
  /** Of a log-in, what its configuration calls the site, which need not have an issuer. */
  readonly idp?: string | null
}

/** What a record tells of was done, but its client got an error: the record was not safe yet. */
export interface WithheldFacts {
  readonly kind: 'withheld'
  readonly action: 'audit.response.withheld'
  /** Of the answer that was sent instead; null: the client had left. */
  readonly status: number | null
  /** The code of why. */
  readonly cause: string
}
