// Sessions in memory, as the examples have them from express-session.

/** Middleware; the cookie is the number of the session. */
export function sessions(all = new Map()) {
  return (request, response, next) => {
    const [, known] = /sid=(\d+)/.exec(request.headers.cookie ?? '') ?? []
    const start = () => {
      const id = `${all.size + 1}`
      const own = { id }
      const hidden = {
        regenerate: (done) => done(void (request.session = start())),
        save: (done) => done(),
      }
      for (const [name, value] of Object.entries(hidden))
        Object.defineProperty(own, name, { value })
      all.set(id, own)
      response.setHeader('set-cookie', `sid=${id}; HttpOnly`)
      return own
    }
    request.session = all.get(known) ?? start()
    next()
  }
}

/** Of an answer, as a request has it. */
export function cookieOf({ headers }) {
  const given = headers.filter(([name]) => name === 'set-cookie').at(-1)?.[1] ?? ''
  return { cookie: given.split(';')[0] }
}
