const encoder = new TextEncoder()
// Space separates items, control characters break terminals and log lines, % is the escape.
// eslint-disable-next-line no-control-regex
const unsafe = /[%\u0000-\u0020\u007f-\u009f]/g

/**
 * A list as one string (FORMAT.md 1.2): items sorted by UTF-16 code units, without duplicates and
 * empty ones, percent-encoded where needed, joined by one space. An empty list is `''`, which no
 * attribute may hold: leave such an attribute out.
 */
export function encodeList(items: Iterable<string>): string {
  const unique = new Set([...items].filter((item) => item !== ''))
  return [...unique].sort().map(escapeItem).join(' ')
}

/** The items of an encoded list, in its order. */
export function decodeList(list: string): string[] {
  if (list === '') return []
  const items = list.split(' ')
  // Most lists have no escape, and are read for each rule of each record.
  return list.includes('%') ? items.map(unescapeItem) : items
}

function escapeItem(item: string): string {
  return item.replace(unsafe, (char) =>
    Array.from(
      encoder.encode(char),
      (byte) => `%${byte.toString(16).padStart(2, '0').toUpperCase()}`,
    ).join(''),
  )
}

function unescapeItem(item: string): string {
  try {
    return decodeURIComponent(item)
  } catch {
    return item
  }
}
