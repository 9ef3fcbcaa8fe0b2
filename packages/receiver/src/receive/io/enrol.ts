// The HTTP of `POST /grantlog/v1/enrol`; what it does is in enrolment/by-token.ts.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { ReceiverError } from '../../codes.ts'
import type { EnrolRequest } from '../../flow.ts'
import { MAX_ENROL_BYTES } from '../../caller-limits.ts'
import type { Edge } from '../edge.ts'
import { formOf } from '../form.ts'
import { readBody } from './body.ts'

/**
 * 201, or 200 for a key that was enrolled so already. Errors: those of who may enrol, of a body,
 * and of the enrolment.
 */
export async function answerEnrol(
  request: IncomingMessage,
  response: ServerResponse,
  { admission, limits, mayEnrol, onEnrol }: Edge,
): Promise<void> {
  if (formOf(request.headers['content-type']) !== 'json') {
    throw new ReceiverError('RECEIVER_TYPE_REFUSED', 'application/json is asked for')
  }
  const who = await mayEnrol(request)
  const reservation = admission.enter(who.caller)
  try {
    const small = { ...limits, bodyBytes: MAX_ENROL_BYTES }
    const asked = read(await readBody(request, { limits: small, reservation }))
    const { enrolment, isNew } = await onEnrol(who, asked)
    const body = Buffer.from(JSON.stringify({ kid: enrolment.kid, enrolment }))
    response.writeHead(isNew ? 201 : 200, {
      'content-type': 'application/json',
      'content-length': body.length,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    response.end(body)
  } finally {
    reservation.release()
  }
}

/** Errors: RECEIVER_ENROL_REFUSED for anything but the two members. */
function read(body: Uint8Array): EnrolRequest {
  const json = parse(body)
  const isObject = typeof json === 'object' && json !== null && !Array.isArray(json)
  const { proof, previous = null, ...others } = isObject ? (json as Record<string, unknown>) : {}
  const isPrevious = previous === null || typeof previous === 'string'
  if (typeof proof !== 'string' || !isPrevious || Object.keys(others).length > 0) {
    throw new ReceiverError('RECEIVER_ENROL_REFUSED', 'not {"proof", "previous"}')
  }
  return { proof, previous }
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    throw new ReceiverError('RECEIVER_ENROL_REFUSED', 'not JSON')
  }
}
