/** One small piece of work of an authorization server: a token of nobody is not refreshed. */
export async function tokenRefused(server, { app, secret }) {
  const url = await app.listen(server)
  server.unref()
  const headers = {
    authorization: `Basic ${Buffer.from(`web:${secret}`).toString('base64')}`,
    'content-type': 'application/x-www-form-urlencoded',
  }
  return async () => {
    const body = 'grant_type=refresh_token&refresh_token=none'
    const response = await fetch(`${url}/token`, { method: 'POST', headers, body })
    await response.arrayBuffer()
  }
}
