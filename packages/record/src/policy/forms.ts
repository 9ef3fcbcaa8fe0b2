// What the texts of a policy must look like. The JSON Schema has the same patterns.
import { routePattern } from '../policy-route.ts'
import type { Form } from './faults.ts'

export const method: Form = {
  pattern: /^[A-Z]{1,16}$/,
  fix: 'write HTTP methods in capitals, such as "GET"',
}
export const route: Form = {
  pattern: routePattern,
  fix: 'write a path such as "/orders/:id", with "*" only as its last segment',
}
export const scope: Form = {
  pattern: /^[\x21\x23-\x5b\x5d-\x7e]+$/,
  fix: 'write one scope for each item, without spaces (RFC 6749 section 3.3)',
}
export const role: Form = {
  // eslint-disable-next-line no-control-regex
  pattern: /^[^\u0000-\u001f\u007f-\u009f]+$/,
  fix: 'write the name of a role, without control characters',
}
export const client: Form = {
  pattern: /^[\x20-\x7e]+$/,
  fix: 'write a client id, in printable ASCII (RFC 6749 appendix A.1)',
}
export const subject: Form = {
  pattern: /^[\w-]{1,32}\.[\w-]{22}$/,
  fix: 'write the keyed hash that records show as user.hash, never a name',
}
export const action: Form = {
  pattern: /^[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*(?:\.\*)?$/,
  fix: 'write an action such as "oauth.token", or "oauth.*"',
}
export const pointer: Form = {
  pattern: /^(?:\/(?:[^~/]|~[01])*)+$/,
  fix: 'write a JSON pointer (RFC 6901), such as "/realm_access/roles"',
}
export const queryName: Form = {
  pattern: /^[A-Za-z_][\w.-]{0,19}$/,
  fix: 'write the name of a query parameter, at most 20 characters',
}
export const ruleName: Form = {
  pattern: /^[\x20-\x7e]+$/,
  fix: 'write a name of printable ASCII',
}
export const namespace: Form = {
  pattern: /^https?:\/\/[^\s~]+$/,
  fix: 'write the namespace as a URL, such as "https://shop.example"',
}
