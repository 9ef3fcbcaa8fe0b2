import type { ErrorFacts } from '../../facts.ts'
import { record, text } from '../unknown.ts'

const other = '_OTHER'
const codeForm = /^[a-z_]{1,64}$/
/** Names of classes as people give them; anything else may hold what somebody typed. */
const classForm = /^(?:[A-Z][A-Za-z0-9]{0,54})?(?:Error|Exception)$/

/**
 * What an error says. Any error may have a member `error`, such as that of a request to another
 * server: it was our answer only if the library shows it (`expose`, as in its err_out.js).
 */
export function errorFacts(thrown: unknown): ErrorFacts | null {
  if (thrown === null) return null
  if (!(thrown instanceof Error)) return { ...internal, type: other }
  const { error, message, expose, name, error_description, error_detail } = record(thrown)
  if (expose !== true) {
    return { ...internal, type: matching(classForm, name), detail: text(error_detail) }
  }
  const described = { description: text(error_description), detail: text(error_detail) }
  // A page that is shown again with a remark says nothing in the protocol's words.
  if (error === undefined && pageErrors.has(String(name))) {
    return { ...described, code: other, type: String(name), detail: text(message) }
  }
  const code = matching(codeForm, text(error) ?? message)
  return { ...described, code, type: code }
}

/** Classes of the library's re_render_errors.js. */
const pageErrors = new Set([
  'NotFoundError',
  'ExpiredError',
  'AbortedError',
  'AlreadyUsedError',
  'NoCodeError',
])

const internal = { code: 'server_error', description: null, detail: null }

/** An error code that the application chose. */
export function matchingCode(code: unknown): string {
  return matching(codeForm, code)
}

function matching(form: RegExp, value: unknown): string {
  return typeof value === 'string' && form.test(value) ? value : other
}
