// The policy: what an operator says of routes, of who may do what, and of how much is recorded. A
// JSON document (people write YAML, which others turn into this), for example
//
//   {"format":"grantlog-policy-v2",
//    "routes":[{"methods":["GET"],"route":"/orders/:id","scopes":["orders:read"]},
//              {"route":"/token","guarantee":"blocking"},
//              {"methods":["GET"],"route":"/export","roles":["admin"],"privileged":"export"}],
//    "guarantee":"spooled",
//    "roleClaims":["keycloak","/groups"],
//    "queryValues":["page","limit"],
//    "audit":[{"routes":["/health"],"level":"minimal"},{"roles":["support"],"level":"full"}],
//    "roles":{"support":{"scopes":["orders:read"]}},
//    "clients":{"spa":{"scopes":["openid","orders:*"]}},
//    "privileged":{"export":{"roles":["admin"],"bytesMax":1000000,"perHourMax":3}}}
//
// `routes` is the access model: the first rule that fits a request counts. `audit` says how much is
// recorded (policy/decide.ts), also by the first that fits. `roles` and `clients` say which scopes
// they may have at most, `privileged` who may do what is told apart, and how much is too much.
// `roleClaims` are JSON pointers (RFC 6901) into the claims of a token, or presets
// (policy/presets.ts); `queryValues` names of query parameters whose values may be told.
// `guarantee` is what must have become of a record before the response to its action may leave
// (policy-route.ts tells which rule counts for it); a rule without one has that of the whole
// service.
//
// A member that is left out has the value of the built-in policy, which belongs to the format's
// version. `grantlog-policy-v1` is the first five members, with pointers alone. Every record names
// the policy in force by the SHA-256 of the document's JCS form (RFC 8785). See policy.test.ts.
import { base64url } from './bytes.ts'
import { jcs, jcsBytes } from './canonical/jcs.ts'
import { PolicyError } from './codes.ts'
import { policyLengthMax } from './limits.ts'
import { type Guarantee, guarantees, type Policy, type RouteRule } from './policy/document.ts'
import { Faults } from './policy/faults.ts'
import { builtIn, policyIn } from './policy/read.ts'
import { isRouteOf, type PolicyRequest } from './policy-route.ts'
import type { JsonValue, Sha256 } from './span.ts'

/** The policy of a service that has none: no rules. */
export function builtInPolicy(sha256: Sha256): Policy {
  return readPolicy(jcs(builtIn), sha256)
}

/**
 * Reads a document. Throws the first PolicyError of {@link checkPolicy}; its texts hold no value
 * of the document.
 */
export function readPolicy(text: string, sha256: Sha256): Policy {
  if (text.length > policyLengthMax) throw tooLong()
  let json: JsonValue
  try {
    json = JSON.parse(text) as JsonValue
  } catch {
    const fix = 'write JSON, which `grantlog policy show FILE` makes of YAML'
    throw new PolicyError('POLICY_MALFORMED', { pointer: '', what: 'not JSON', fix })
  }
  return policyOf(json, sha256)
}

/** The same of a document that was parsed already. */
export function policyOf(json: JsonValue, sha256: Sha256): Policy {
  const read = checkPolicy(json, sha256)
  if ('hash' in read) return read
  throw read[0]!
}

/**
 * The policy of a document, or all that is wrong with it: each fault with a code, the JSON pointer
 * of where it is, and what to do. There are never none.
 */
export function checkPolicy(json: JsonValue, sha256: Sha256): Policy | readonly PolicyError[] {
  const faults = new Faults()
  const policy = policyIn(json, faults)
  if (faults.all.length > 0) return faults.all
  if (jcs(json).length > policyLengthMax) return [tooLong()]
  return { ...policy, hash: base64url(sha256(jcsBytes(json))) }
}

function tooLong(): PolicyError {
  const told = { what: `more than ${policyLengthMax} characters`, fix: 'write fewer rules' }
  return new PolicyError('POLICY_LIMIT_EXCEEDED', { pointer: '', ...told })
}

/** The first rule that is about a request; null if none is. */
export function ruleFor(policy: Policy, request: PolicyRequest): RouteRule | null {
  const { method } = request
  const isFor = ({ methods, route }: RouteRule): boolean =>
    (methods.length === 0 || methods.includes(method)) && isRouteOf(route, request)
  return policy.routes.find(isFor) ?? null
}

/** Whether any request can have another guarantee than `buffered`. */
export function hasGuarantees(policy: Policy): boolean {
  return hasBlocking(policy) || guaranteesOf(policy).includes('spooled')
}

/** Whether a response may have to wait for a receipt. */
export function hasBlocking(policy: Policy): boolean {
  return guaranteesOf(policy).includes('blocking')
}

/**
 * The guarantee of a request of which nothing but its head is known. Where it is in doubt which
 * rule its router will find (a path written otherwise; HEAD, served as GET), the strictest.
 */
export function guaranteeFor(policy: Policy, method: string, path: string | null): Guarantee {
  const methods = method === 'HEAD' ? ['HEAD', 'GET'] : [method]
  const of = (one: string, isLoose: boolean): Guarantee => {
    const request = { method: one, route: null, path, isLoose }
    const rule = ruleFor(policy, request)
    return rule?.guarantee ?? auditGuarantee(policy, request) ?? policy.guarantee
  }
  const all = methods.flatMap((one) => [of(one, false), of(one, true)])
  return guarantees.findLast((one) => all.includes(one)) ?? policy.guarantee
}

/** Audit rules with a guarantee look at methods and routes alone. */
function auditGuarantee({ audit }: Policy, request: PolicyRequest): Guarantee | null {
  const isFor = ({ guarantee, methods, routes }: Policy['audit'][number]): boolean =>
    guarantee !== null &&
    (methods.length === 0 || methods.includes(request.method)) &&
    (routes.length === 0 || routes.some((route) => isRouteOf(route, request)))
  return audit.find(isFor)?.guarantee ?? null
}

function guaranteesOf({ audit, guarantee, routes }: Policy): (Guarantee | null)[] {
  return [guarantee, ...[...routes, ...audit].map((rule) => rule.guarantee)]
}
