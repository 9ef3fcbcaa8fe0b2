// A user's browser at an application in this process: it keeps cookies, and follows no redirects.

/** `send(url, options)` gives a Response. Answers are said, but for what is in their cookies. */
export function visitor(app, base, send = fetch) {
  const jar = new Map()
  return {
    jar,
    /** Gives what it got, and where it is sent, or null. */
    go: async (label, path, { method = 'GET', body, headers = {} } = {}) => {
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
      const sent = { cookie, ...headers, connection: 'close' }
      const redirect = 'manual'
      const response = await send(base + path, { method, body, redirect, headers: sent })
      const cookies = response.headers.getSetCookie()
      for (const one of cookies) keep(app, jar, one)
      const location = URL.parse(response.headers.get('location') ?? '', base)
      const given = cookies.map((one) => one.replace(/=[^;]*/, ''))
      const text = await response.text()
      app.say(label, response.status, [...response.headers.keys()], given, location?.pathname, text)
      return { location, text }
    },
  }
}

function keep(app, jar, text) {
  const [, name, value] = /^([^=]+)=([^;]*)/.exec(text)
  if (value === '') jar.delete(name)
  else jar.set(name, app.secret(value))
}
