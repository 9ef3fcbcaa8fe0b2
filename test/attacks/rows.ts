// The rows of the rule set's specification: what each attack is called, and how it is known.

/** `protocol`: a record shows it by itself, or a few in order. `behaviour`: by what is unusual. */
export type RowKind = 'protocol' | 'behaviour'

export interface Row {
  readonly name: string
  readonly kind: RowKind
}

const protocol = (name: string): Row => ({ name, kind: 'protocol' })
const behaviour = (name: string): Row => ({ name, kind: 'behaviour' })

/** By number. */
export const rows: ReadonlyMap<number, Row> = new Map([
  [1, protocol('code replay')],
  [2, protocol('code injection')],
  [3, protocol('PKCE downgrade')],
  [4, protocol('redirect URI manipulation')],
  [5, protocol('mix-up')],
  [6, protocol('CSRF on callback')],
  [7, protocol('token injection')],
  [8, protocol('leak through a URL')],
  [9, protocol('open redirect')],
  [10, protocol('refresh token reuse')],
  [11, behaviour('stolen access token')],
  [12, protocol('DPoP replay or strip')],
  [13, protocol('wrong audience')],
  [14, protocol('scope escalation')],
  [15, behaviour('illicit consent')],
  [16, behaviour('device-code phishing')],
  [17, protocol('password grant')],
  [18, protocol('client secret guessing')],
  [19, behaviour('client secret read or added')],
  [20, behaviour('role granted to an app')],
  [21, behaviour('mass client registration')],
  [22, protocol('token-exchange abuse')],
  [23, protocol('use after revocation')],
  [24, protocol('API probing')],
  [25, behaviour('dormant client wakes')],
  [26, behaviour('session replay')],
  [27, protocol('bulk data through an app')],
  [28, protocol('client posing as owner')],
  [29, protocol('audit tampering')],
  [30, protocol('resource exhaustion')],
  [31, protocol('presented, never validated')],
  [32, protocol('role mismatch')],
])
