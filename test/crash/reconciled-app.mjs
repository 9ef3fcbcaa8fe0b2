// An API that writes an access log in combined format, as morgan does, and can be told to run
// without its hooks for a while. Tokens are read and not checked: they are recorded all the same.
//
// Environment: ACCESS_LOG. Prints its URL. `POST /off` and `POST /on` switch the hooks.
import { appendFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { startGrantlog } from '@grantlog/sdk'

let grantlog = startGrantlog()

const server = createServer(async (request, response) => {
  const { method, url } = request
  if (url === '/off') {
    await grantlog.stop()
    grantlog.disable()
  }
  if (url === '/on') grantlog = startGrantlog()
  response.statusCode = method === 'POST' ? 201 : 200
  // Before its last byte: whoever has the answer and kills this process finds the line.
  if (url !== '/off' && url !== '/on') {
    appendFileSync(process.env.ACCESS_LOG, lineOf(request, response))
  }
  response.end('{}')
})
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${server.address().port}\n`)
})
process.stdin.on('end', async () => {
  server.close()
  server.closeAllConnections()
  await grantlog.stop()
  process.exit()
})
process.stdin.resume()

function lineOf({ httpVersion, method, socket, url }, { statusCode }) {
  const [, , date, month, year, time] = /(\w+), (\d+) (\w+) (\d+) ([\d:]+)/.exec(
    new Date().toUTCString(),
  )
  const at = `[${date}/${month}/${year}:${time} +0000]`
  const request = `"${method} ${url} HTTP/${httpVersion}"`
  return `${socket.remoteAddress ?? '-'} - - ${at} ${request} ${statusCode} 2 "-" "test"\n`
}
