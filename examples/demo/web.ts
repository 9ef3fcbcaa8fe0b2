// The client as a web page, for a person with a browser: / begins the log-in, /callback ends it.
import { createServer, type Server } from 'node:http'
import type { Begun, Client } from './client.ts'

/** Serves the client on a port of 127.0.0.1; `onLogIn` is told of each subject. */
export async function serveWeb(
  port: number,
  client: Client,
  onLogIn: (subject: string) => void,
): Promise<Server> {
  const begun = new Map<string, Begun>()

  async function answer(url: URL): Promise<{ location: string } | { text: string }> {
    if (url.pathname === '/') {
      const login = await client.begin()
      begun.set(login.url.searchParams.get('state') ?? '', login)
      return { location: login.url.href }
    }
    const login = begun.get(url.searchParams.get('state') ?? '')
    if (url.pathname !== '/callback' || login === undefined) return { text: 'Nothing here.\n' }
    begun.delete(login.url.searchParams.get('state') ?? '')
    const subject = await login.finish(url)
    onLogIn(subject)
    return { text: `Hello ${subject}. The terminal shows what was recorded.\n` }
  }

  const server = createServer((request, response) => {
    answer(new URL(request.url ?? '/', `http://127.0.0.1:${port}`)).then(
      (to) => {
        if ('location' in to) response.writeHead(303, { location: to.location }).end()
        else response.writeHead(200, { 'content-type': 'text/plain' }).end(to.text)
      },
      (error: Error) => response.writeHead(400).end(`${error.message}\n`),
    )
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return server
}
