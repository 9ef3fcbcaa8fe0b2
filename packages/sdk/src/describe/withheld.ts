import { ATTR } from '@grantlog/record'
import type { Description } from '../event.ts'
import type { WithheldFacts } from '../facts.ts'
import { integer, Told } from './value.ts'

/** The record of a response that was withheld: all else stands in the record above it. */
export function describeWithheld({ action, status, cause }: WithheldFacts): Description {
  const told = new Told()
  told.add(ATTR.AUDIT_ACTION, action)
  told.add(ATTR.AUDIT_OUTCOME, 'failure')
  told.add(ATTR.AUDIT_ACTOR_TYPE, 'system')
  told.add(ATTR.ERROR_TYPE, cause)
  told.add(ATTR.OAUTH_ERROR_CODE, status === null ? null : 'temporarily_unavailable')
  told.add(ATTR.HTTP_RESPONSE_STATUS_CODE, integer(status))
  return { action, kind: 'internal', failed: true, message: cause, attributes: told.attributes }
}
