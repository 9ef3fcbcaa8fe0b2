// A service that calls itself within a request: `/outer` asks `/inner` of the same service, with
// the same token. It writes its URL as one line; `stop` on stdin ends the audit, then the server.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { startGrantlog } from '@grantlog/sdk'

const grantlog = startGrantlog()
const server = createServer(async (request, response) => {
  const { authorization } = request.headers
  if (request.url === '/outer') await fetch(`${url}/inner`, { headers: { authorization } })
  response.end(request.url)
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const url = `http://127.0.0.1:${server.address().port}`
process.stdout.write(`${url}\n`)
process.stdin.once('data', async () => {
  await grantlog.stop()
  server.close()
  process.stdin.destroy()
})
