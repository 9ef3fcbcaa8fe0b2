// Types of the authorization details in a request (RFC 9396 section 2). What else is in them, such
// as accounts and amounts, is not looked at.
import { claimItemsMax, formBytesMax } from '../limits.ts'
import { attempt, record, text } from './unknown.ts'

/** Of the parameter as it was sent; none where it is too long, or no list of objects. */
export function detailTypesIn(parameter: unknown): string[] {
  const json = text(parameter)
  if (json === null || json.length > formBytesMax) return []
  const details = attempt(() => JSON.parse(json) as unknown)
  if (!Array.isArray(details)) return []
  return details.slice(0, claimItemsMax).flatMap((one: unknown) => text(record(one).type) ?? [])
}
