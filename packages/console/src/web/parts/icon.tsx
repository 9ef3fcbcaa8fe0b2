// The few pictures of the page: 16 by 16, drawn in the colour of the text around them. They say
// nothing that a word beside them or a label does not.
import type { ReactNode } from 'react'

const paths = {
  overview: 'M2 13.5h12M3.5 13V8.5M7 13V3.5M10.5 13V6M13.5 13v-3',
  records: 'M2.5 3.5h11M2.5 8h11M2.5 12.5h11',
  tokens: 'M10 9.5a3.5 3.5 0 1 0-3-1.7L2.5 12.3v1.7h2v-1.5H6V11l1.4-1.4A3.5 3.5 0 0 0 10 9.5z',
  scopes: 'M8 1.8 13.5 4v4c0 3.2-2.3 5.4-5.5 6.2C4.8 13.4 2.5 11.2 2.5 8V4z',
  integrity:
    'M8 1.8 13.5 4v4c0 3.2-2.3 5.4-5.5 6.2C4.8 13.4 2.5 11.2 2.5 8V4zM5.5 7.8l1.8 1.8 3.2-3.4',
  health: 'M1.5 8.5h3l1.5-4 3 8 2-6 1 2h2.5',
  more: 'M3 8h.01M8 8h.01M13 8h.01',
  check: 'M3 8.5l3.2 3.2L13 4.8',
  cross: 'M4 4l8 8M12 4l-8 8',
  blocked: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM3.8 3.8l8.4 8.4',
  question: 'M5.8 6a2.2 2.2 0 1 1 3.3 1.9c-.7.4-1.1.9-1.1 1.6M8 12.2h.01',
  warning: 'M8 2.5 14.2 13.3H1.8zM8 6.5v3.2M8 11.5h.01',
  copy: 'M5.5 5.5V3h7.5v7.5h-2.5M3 5.5h7.5V13H3z',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3l3.2 3.2',
  plus: 'M8 3v10M3 8h10',
  minus: 'M3 8h10',
  play: 'M5 3.2v9.6L12.5 8z',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  download: 'M8 2.5v7.5M4.8 7.2 8 10.4l3.2-3.2M2.5 13.5h11',
  link: 'M6.5 9.5l3-3M7 4.5l1-1a3 3 0 0 1 4.5 4.5l-1 1M9 11.5l-1 1a3 3 0 0 1-4.5-4.5l1-1',
  columns: 'M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10',
  star: 'M8 2.2l1.8 3.7 4 .6-2.9 2.8.7 4L8 11.4l-3.6 1.9.7-4L2.2 6.5l4-.6z',
  filter: 'M2 3.5h12L9.5 8.8v4.2l-3-1.5V8.8z',
  external: 'M9.5 2.5h4v4M13.3 2.7 7.5 8.5M11.5 9v4.5h-9v-9H7',
  down: 'M4 6l4 4 4-4',
  right: 'M6 4l4 4-4 4',
  left: 'M10 4 6 8l4 4',
  clock: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 4.8V8l2.3 1.5',
  person: 'M8 2.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM3 13.5c.4-2.7 2.4-4 5-4s4.6 1.3 5 4',
  live: 'M8 7a1 1 0 1 0 0 2 1 1 0 0 0 0-2zM4.5 4.5a5 5 0 0 0 0 7M11.5 4.5a5 5 0 0 1 0 7',
  settings: 'M2.5 4.5h6M11.5 4.5h2M10 3v3M2.5 11.5h2M7.5 11.5h6M6 10v3',
  pencil: 'M3 13l.6-2.8 7.2-7.2 2.2 2.2-7.2 7.2zM9.4 4.4l2.2 2.2',
  reload: 'M13 8a5 5 0 1 1-1.5-3.6M13 2.5v3h-3',
} as const

export type IconName = keyof typeof paths

export function Icon({ name }: { readonly name: IconName }): ReactNode {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  )
}
