import { AttributeTable, type AttributeValue } from '@grantlog/record'
import { clockSkewMinS } from '../limits.ts'

/** What is not known is left out of a record. */
export type Value = AttributeValue | null | undefined

/** A record's attributes while they are told, theme by theme: no list is made of them. */
export class Told {
  readonly attributes: AttributeTable = new AttributeTable()

  /** What has no value is left out. */
  add(name: string, value: Value): void {
    if (value !== null && value !== undefined && value !== '') this.attributes.set(name, value)
  }
}

/** A count, or a time, as the record has it. */
export function integer(value: number | null): bigint | null {
  return value === null ? null : BigInt(value)
}

/** Key ids are names, thumbprints or URLs; all else may be anything that was put into a header. */
const keyIdForm = /^[\w.~:/+=#-]{1,128}$/

/** `kid` of a header (RFC 7515 section 4.1.4); what does not look like one is left out. */
export function keyIdOf(kid: string | null | undefined): string | null {
  return kid && keyIdForm.test(kid) ? kid : null
}

/** An issuer, or the name that the application's configuration has for a site. */
const idpForm = /^[\w.~:/-]{1,256}$/

/** Where a user logged in elsewhere; what does not look like a site is left out. */
export function idpOf(idp: string | null | undefined): string | null {
  return idp && idpForm.test(idp) ? idp : null
}

/** How far another clock is ahead, where that is more than rounding. */
export function skewOf(seconds: number): bigint | null {
  return Math.abs(seconds) < clockSkewMinS ? null : BigInt(seconds)
}
