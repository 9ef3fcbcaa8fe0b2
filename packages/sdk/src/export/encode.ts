import { ATTR, type AttributeValue } from '@grantlog/record'
import { encodeTraceRequest } from '@grantlog/record/otlp'
import type { SignedRecords } from '../event.ts'

/** The scope by which audit spans are known (FORMAT.md 1). */
export const scopeName = '@grantlog/sdk'
export const scopeVersion = '0.1.0'

/** The OTLP body of a batch: its spans, with the evidence on their scope (FORMAT.md 2.2). */
export function encodeBatch(
  batch: SignedRecords,
  resource: readonly [string, AttributeValue][],
): Uint8Array {
  return encodeTraceRequest([
    {
      resource,
      scope: {
        name: scopeName,
        version: scopeVersion,
        attributes: [
          [ATTR.AUDIT_INTEGRITY_VALUE, batch.jws],
          [ATTR.AUDIT_INTEGRITY_ALGORITHM, 'Ed25519'],
          [ATTR.AUDIT_INTEGRITY_DIGESTS, batch.digests],
        ],
      },
      spans: batch.records.map(({ span }) => span),
    },
  ])
}
