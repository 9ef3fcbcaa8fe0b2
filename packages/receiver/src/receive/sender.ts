// Whom limits and turns tell apart: who has proven who he is, or else the address that he has.
import type { Caller } from '../flow.ts'

/** Null for a caller who is not told apart from others by what he showed. */
export function provenSender({ name, proof }: Caller): string | null {
  return proof === 'certificate' || proof === 'token' ? `${proof} ${name}` : null
}

/** Of whoever it is; `address` is that of the connection. */
export function senderOf(caller: Caller, address: string | undefined): string {
  return provenSender(caller) ?? `address ${address ?? ''}`
}
