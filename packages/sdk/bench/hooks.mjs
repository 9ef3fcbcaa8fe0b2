// The hooks alone, on messages as Node makes them.
import { channel } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer, IncomingMessage, request as httpRequest, ServerResponse } from 'node:http'
import { createDeferral } from '../src/deferral.ts'
import { verifiedClaims } from '../src/instrument/claims.ts'
import { instrumentHttpServer } from '../src/instrument/http-server/channels.ts'
import { createScopes } from '../src/instrument/scopes.ts'
import { createValidations } from '../src/instrument/validations.ts'

const batches = 60
const warmUp = 10
const perBatch = 1000

const usual = {
  host: 'api.example.com',
  accept: '*/*',
  'accept-encoding': 'gzip, deflate, br',
  'accept-language': 'en',
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  connection: 'keep-alive',
}

const fail = (error) => {
  throw error
}

/** CPU of this process: what else runs on the machine does not count. */
function cpuUs() {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** µs that the hooks take on the path of a request, median of all batches. */
export async function timeHooks({ headers, token, claims }) {
  const { defer } = createDeferral(fail)
  const begin = () => ({ record: (facts, at) => defer(() => void [facts, at]), lose: fail })
  const options = { begin, scopes: createScopes(), onError: fail }
  const hooks = instrumentHttpServer(options)
  const tell = createValidations(options)
  const start = channel('http.server.request.start')
  const finish = channel('http.server.response.finish')
  const { socket, close } = await openConnection()
  const times = []
  for (let batch = 0; batch < batches; batch++) {
    const messages = Array.from({ length: perBatch }, () => messageOf(socket, headers))
    const from = cpuUs()
    for (const message of messages) {
      start.publish(message)
      if (claims) tell({ token, facts: validationOf(claims), startedAtMs: 0, type: 'access_token' })
      finish.publish(message)
    }
    times.push((cpuUs() - from) / perBatch)
    // What waits for the end of the responses runs here.
    await new Promise((resolve) => setImmediate(resolve))
  }
  hooks.disable()
  await close()
  return times.slice(warmUp).toSorted((a, b) => a - b)[(batches - warmUp) >> 1]
}

function validationOf(claims) {
  return {
    library: 'jose',
    error: null,
    format: 'jwt',
    header: { alg: 'EdDSA', kid: 'key-1' },
    claims: verifiedClaims(claims, [['roles'], ['realm_access', 'roles']]),
  }
}

async function openConnection() {
  const server = createServer().listen(0)
  const client = httpRequest({ port: server.address().port }).end()
  const [request, response] = await once(server, 'request')
  const close = async () => {
    response.end()
    await once(client, 'response')
    server.close()
    server.closeAllConnections()
  }
  return { socket: request.socket, close }
}

function messageOf(socket, headers) {
  const request = new IncomingMessage(socket)
  const lines = Object.entries({ ...usual, ...headers }).flat()
  request._addHeaderLines(lines, lines.length)
  Object.assign(request, { method: 'GET', url: '/orders/4711?page=2' })
  // A host reads its headers in any case.
  void request.headers
  const response = new ServerResponse(request)
  response.writeHead(200, { 'content-length': 22, 'content-type': 'application/json' })
  return { request, response, socket }
}
