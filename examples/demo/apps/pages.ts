// The pages that people see, as small as they get.

/** Makes text safe inside HTML. */
export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** A whole page. */
export function page(title: string, body: string): string {
  return `<!doctype html><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width">
<style>
  body { font: 17px system-ui; margin: 3em auto; max-width: 34em; padding: 0 1em }
  form { display: inline-block; margin: 0 .4em .4em 0 }
  button, input { font: inherit; padding: .3em .8em }
  pre { background: #f3f3f3; padding: 1em; overflow: auto; white-space: pre-wrap }
</style>
<h1>${title}</h1>
${body}`
}

export function loginPage(note = ''): string {
  return page(
    'Log in',
    `<p>${note}</p>
<form method="post">
  <p><input name="name" placeholder="Name" autofocus></p>
  <p><input name="password" type="password" placeholder="Password"></p>
  <button>Log in</button>
</form>`,
  )
}

export function consentPage(scopes: readonly string[]): string {
  return page(
    'Consent',
    `<p>Somebody would like to act for you: <b>${scopes.map(escape).join(', ')}</b></p>
<form method="post"><button>Allow</button></form>
<form method="post"><button name="answer" value="no">Do not allow</button></form>`,
  )
}

/** `form` is the authorization server's own, with the id `op.logoutForm`. */
export function logoutPage(form: string): string {
  return page(
    'Log out',
    `<p>Log out of the authorization server, too?</p>${form}
<button form="op.logoutForm" name="logout" value="yes">Log out</button>
<button form="op.logoutForm">Stay</button>`,
  )
}
