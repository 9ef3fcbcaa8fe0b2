// The HTTP of `GET /grantlog/v1/producer`; what it says is made by producer/answer.ts.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { producerQuery } from '@grantlog/record'
import type { Edge } from '../edge.ts'

/**
 * Errors: those of who may ask, RECEIVER_PROOF_REFUSED, RECEIVER_BUSY. A proof is signed and not
 * secret, and good once.
 */
export async function answerProducer(
  request: IncomingMessage,
  response: ServerResponse,
  { identify, onProducer }: Pick<Edge, 'identify' | 'onProducer'>,
): Promise<void> {
  await identify(request)
  const { 'grantlog-proof': proof, 'if-none-match': known } = request.headers
  const limits = request.url?.split('?')[1] === producerQuery
  const asked = { proof: typeof proof === 'string' ? proof : undefined, etag: known, limits }
  const { etag, jws } = await onProducer(asked)
  // The next asker has another proof, and gets another answer.
  const headers = {
    etag,
    'cache-control': 'private, no-cache',
    'x-content-type-options': 'nosniff',
  }
  if (jws === null) {
    response.writeHead(304, headers).end()
    return
  }
  const length = Buffer.byteLength(jws)
  response.writeHead(200, {
    ...headers,
    'content-type': 'application/jose',
    'content-length': length,
  })
  response.end(jws)
}
