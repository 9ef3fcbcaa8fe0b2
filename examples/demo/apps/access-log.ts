// An access log in combined format, as nginx, Apache and morgan write it.
import { appendFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'

const path = process.env.ACCESS_LOG

/** Writes a line when the response has ended, if ACCESS_LOG names a file. */
export function logAccess(request: IncomingMessage, response: ServerResponse): void {
  if (path === undefined) return
  const { headers, httpVersion, method, socket, url } = request
  const address = socket.remoteAddress ?? '-'
  response.once('close', () => {
    const status = response.headersSent ? response.statusCode : '-'
    const what = `"${method} ${url} HTTP/${httpVersion}" ${status}`
    const agent = `"${headers.referer ?? '-'}" "${headers['user-agent'] ?? '-'}"`
    appendFileSync(path, `${address} - - [${clock()}] ${what} - ${agent}\n`)
  })
}

/** `25/Nov/2026:21:00:07 +0000`. */
function clock(): string {
  const [, date, month, year, time] = new Date().toUTCString().split(' ')
  return `${date}/${month}/${year}:${time} +0000`
}
