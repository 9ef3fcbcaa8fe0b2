import { ATTR } from '@grantlog/record'
import type { Description } from '../event.ts'
import type { WithheldFacts } from '../facts.ts'
import { attributesOf, integer } from './value.ts'

/** The record of a response that was withheld: all else stands in the record above it. */
export function describeWithheld({ action, status, cause }: WithheldFacts): Description {
  const attributes = attributesOf([
    [ATTR.AUDIT_ACTION, action],
    [ATTR.AUDIT_OUTCOME, 'failure'],
    [ATTR.AUDIT_ACTOR_TYPE, 'system'],
    [ATTR.ERROR_TYPE, cause],
    [ATTR.OAUTH_ERROR_CODE, status === null ? null : 'temporarily_unavailable'],
    [ATTR.HTTP_RESPONSE_STATUS_CODE, integer(status)],
  ])
  return { action, kind: 'internal', failed: true, message: cause, attributes }
}
