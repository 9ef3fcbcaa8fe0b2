// What a library said of a token, as plain data.

/** Claims of a token whose signature was right; all else of a token is what anybody can write. */
export interface VerifiedClaims {
  readonly issuer: string | null
  readonly subject: string | null
  readonly clientId: string | null
  readonly audience: readonly string[]
  /** `scope`, or `scp`. */
  readonly scope: string | null
  readonly roles: readonly string[]
  /** Subjects of `act`, the current actor first (RFC 8693 section 4.1). */
  readonly actors: readonly string[]
  readonly jti: string | null
  readonly issuedAtS: number | null
  readonly expiresAtS: number | null
  readonly authTimeS: number | null
  readonly acr: string | null
  readonly amr: readonly string[]
  /** Raw: hashed in describe/. */
  readonly sessionId: string | null
  /** `cnf.jkt` (RFC 9449 section 6.1), and whether there is a `cnf.x5t#S256` (RFC 8705). */
  readonly boundKey: string | null
  readonly isBoundToCertificate: boolean
}

/** What a library said of a token. */
export interface ValidationFacts {
  readonly library: string
  /** null: it is valid. `code` is the library's; `reason` one of `oauth.error.reason`. */
  readonly error: { readonly code: string; readonly reason: string } | null
  readonly format: 'jwt' | 'jwe' | 'opaque'
  readonly header: { readonly alg: string | null; readonly kid: string | null }
  /** null where nobody has verified them; also of a token that is right and not enough. */
  readonly claims: VerifiedClaims | null
  /** Scopes that the library asked for, where it knows. */
  readonly requiredScopes?: readonly string[]
  /** Where its key came from, where something shows it. */
  readonly keys?: KeyLookup
}

/** A key set was asked for a key. */
export interface KeyLookup {
  /** It knew the key without asking anybody. */
  readonly isHit: boolean
  /** Why it asked. */
  readonly reason: 'cold' | 'expired' | 'unknown_kid' | null
}
