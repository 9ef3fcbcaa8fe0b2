// The few pictures of the page: 16 by 16, drawn in the colour of the text around them. They say
// nothing that a word beside them or a label does not.
import type { ReactNode } from 'react'

const paths = {
  overview: 'M2 13.5h12M3.5 13V8.5M7 13V3.5M10.5 13V6M13.5 13v-3',
  records: 'M2.5 3.5h11M2.5 8h11M2.5 12.5h11',
  tokens: 'M10 9.5a3.5 3.5 0 1 0-3-1.7L2.5 12.3v1.7h2v-1.5H6V11l1.4-1.4A3.5 3.5 0 0 0 10 9.500z',
  scopes: 'M8 1.8 13.5 4v4c0 3.200-2.300 5.400-5.500 6.200C4.800 13.400 2.500 11.200 2.500 8V4z',
  integrity:
    'M8 1.8 13.5 4v4c0 3.2-2.3 5.4-5.5 6.2C4.8 13.4 2.5 11.2 2.500 8V4zM5.5 7.800l1.800 1.800 3.200-3.400',
  health: 'M1.500 8.500h3l1.500-4 3 8 2-6 1 2h2.500',
  more: 'M3 8h.01M8 8h.01M13 8h.01',
  check: 'M3 8.500l3.200 3.200L13 4.800',
  cross: 'M4 4l8 8M12 4l-8 8',
  blocked: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM3.800 3.800l8.400 8.400',
  question: 'M5.800 6a2.200 2.200 0 1 1 3.300 1.900c-.700.400-1.100.900-1.100 1.600M8 12.200h.01',
  warning: 'M8 2.500 14.200 13.300H1.800zM8 6.500v3.200M8 11.500h.01',
  copy: 'M5.500 5.500V3h7.500v7.500h-2.500M3 5.500h7.500V13H3z',
  search: 'M7 2.500a4.500 4.500 0 1 0 0 9 4.500 4.500 0 0 0 0-9zM10.300 10.300l3.200 3.200',
  plus: 'M8 3v10M3 8h10',
  minus: 'M3 8h10',
  play: 'M5 3.200v9.600L12.500 8z',
  pause: 'M5.500 3.500v9M10.500 3.500v9',
  download: 'M8 2.500v7.500M4.800 7.200 8 10.400l3.200-3.200M2.500 13.500h11',
  link: 'M6.800 9.200l2.400-2.400M5.500 7 4 8.500A2.500 2.500 0 0 0 7.500 12L9 10.500M7 5.500 8.500 4A2.500 2.500 0 0 1 12 7.500L10.500 9',
  columns: 'M2.500 3h11v10h-11zM6.200 3v10M9.800 3v10',
  star: 'M8 2.200l1.800 3.700 4 .6-2.900 2.800.7 4L8 11.400l-3.600 1.900.7-4L2.200 6.500l4-.6z',
  filter: 'M2 3.500h12L9.500 8.800v4.200l-3-1.500V8.800z',
  external: 'M9.500 2.500h4v4M13.300 2.700 7.500 8.500M11.500 9v4.500h-9v-9H7',
  down: 'M4 6l4 4 4-4',
  right: 'M6 4l4 4-4 4',
  left: 'M10 4 6 8l4 4',
  clock: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 4.800V8l2.300 1.500',
  person:
    'M8 2.500a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5zM3 13.500c.400-2.700 2.400-4 5-4s4.600 1.300 5 4',
  live: 'M8 7a1 1 0 1 0 0 2 1 1 0 0 0 0-2zM5.200 5.200a4 4 0 0 0 0 5.600M10.800 5.200a4 4 0 0 1 0 5.600M3.100 3.100a7 7 0 0 0 0 9.800M12.900 3.100a7 7 0 0 1 0 9.800',
  settings: 'M2.500 4.500h6M11.500 4.500h2M10 3v3M2.500 11.500h2M7.500 11.500h6M6 10v3',
  reload: 'M13 8a5 5 0 1 1-1.500-3.600M13 2.500v3h-3',
} as const

export type IconName = keyof typeof paths

export function Icon({ name }: { readonly name: IconName }): ReactNode {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  )
}
