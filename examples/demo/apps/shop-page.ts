// The web shop's only page: buttons for what can be done, and what the last one answered.
import { escape, page } from './pages.ts'

/** Each is one request to the shop, most of them passed on to the API. */
const buttons: readonly (readonly [string, string, string, object?])[] = [
  ['Orders', 'GET', '/api/orders?status=shipped&limit=2'],
  ['One order', 'GET', '/api/orders/1'],
  ['Order a book', 'POST', '/api/orders', { item: 'book' }],
  ['All users (admin)', 'GET', '/api/admin/users'],
  ["Change bob's address (admin)", 'PATCH', '/api/users/2', { email: 'bob@example.net' }],
  ['Export (admin)', 'GET', '/api/export'],
  ['Something slow', 'GET', '/api/slow'],
  ['Who am I?', 'GET', '/userinfo'],
  ['Refresh', 'POST', '/refresh'],
  ['Revoke', 'POST', '/revoke'],
  ['Show my tokens', 'GET', '/tokens'],
]

/** `user` undefined: nobody is logged in. */
export function shopPage(user: string | undefined): string {
  if (user === undefined) {
    return page('Web shop', '<form action="/login"><button>Log in</button></form>')
  }
  const all = buttons.map(([title, method, path, body]) => {
    const request = escape(JSON.stringify({ method, path, body }))
    return `<button data-request="${request}">${escape(title)}</button>`
  })
  return page(
    'Web shop',
    `<p>Hello <b>${escape(user)}</b>.</p>
<p>${all.join('\n')}</p>
<form method="post" action="/logout"><button>Log out</button></form>
<pre id="answer">What a button gets shows here.</pre>
<script type="module">
  const answer = document.querySelector('#answer')
  for (const button of document.querySelectorAll('[data-request]')) {
    button.onclick = async () => {
      const { body, method, path } = JSON.parse(button.dataset.request)
      const headers = body ? { 'content-type': 'application/json' } : {}
      const response = await fetch(path, { method, headers, body: body && JSON.stringify(body) })
      const text = await response.text()
      answer.textContent = response.status + '\\n' + text.slice(0, 2000)
    }
  }
</script>`,
  )
}
