// Going back to a list: the row that was followed has the focus again.

let isBack = false
const followed = new Map<string, string>()

addEventListener('popstate', () => {
  isBack = true
})
// The router tells of its own steps in this way.
addEventListener('pushState', () => {
  isBack = false
})

/** `href` is where a row leads, from the address that the list has now. */
export function leaveBy(href: string): void {
  followed.set(location.pathname + location.search, href)
}

/** Whether this page was come to by Back or Forward. */
export function cameBack(): boolean {
  return isBack
}

/** The row that was followed from here, once. */
export function takeFollowed(): string | null {
  if (!isBack) return null
  const address = location.pathname + location.search
  const href = followed.get(address) ?? null
  followed.delete(address)
  return href
}
