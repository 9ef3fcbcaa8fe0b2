import { attempt, isObject, type Members, record } from '../unknown.ts'

export interface DecodedJwt {
  readonly header: Members
  readonly claims: Members
}

/** No JWT that we read is longer: ID tokens have about 1 KiB. */
const jwtLengthMax = 16_384

/** What a signed JWT says, unverified; null for anything else, also an encrypted one. */
export function decodeJwt(jwt: string): DecodedJwt | null {
  if (jwt.length > jwtLengthMax) return null
  const parts = jwt.split('.', 4)
  if (parts.length !== 3) return null
  const [header, claims] = [jsonIn(parts[0]!), jsonIn(parts[1]!)]
  return isObject(header) && isObject(claims)
    ? { header: record(header), claims: record(claims) }
    : null
}

function jsonIn(part: string): unknown {
  return attempt(() => JSON.parse(Buffer.from(part, 'base64url').toString('utf8')))
}
