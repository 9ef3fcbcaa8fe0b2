// The two forms of OTLP/HTTP: an answer is in that of its request. See form.test.ts.
import { RecordError } from '@grantlog/record'
import { protobufInTurns, type Work } from '@grantlog/record/otlp'
import { ReceiverError } from '../codes.ts'
import type { Signal } from '../flow.ts'

export type Form = 'protobuf' | 'json'

export const contentTypes: Readonly<Record<Form, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
}

/** JSON is UTF-8 (RFC 8259, 8.1); who says so in a parameter is right, another charset is not. */
const utf8Form = /^\s*charset\s*=\s*"?utf-?8"?\s*$/i

/** Null for any other type. Parameters mean nothing for protobuf. */
export function formOf(contentType: string | undefined): Form | null {
  const [type = '', ...parameters] = (contentType ?? '').split(';')
  const name = type.trim().toLowerCase()
  if (name === contentTypes.protobuf) return 'protobuf'
  const isForeign = parameters.some((each) => /^\s*charset\s*=/i.test(each) && !utf8Form.test(each))
  return name === contentTypes.json && !isForeign ? 'json' : null
}

/** Errors: RECEIVER_BODY_MALFORMED, which says the rule and never a value. */
export function* protobufOf(body: Uint8Array, form: Form, signal: Signal): Work<Uint8Array> {
  if (form === 'protobuf') return body
  try {
    return yield* protobufInTurns(body, signal)
  } catch (error) {
    if (!(error instanceof RecordError)) throw error
    throw new ReceiverError('RECEIVER_BODY_MALFORMED', error.message)
  }
}
