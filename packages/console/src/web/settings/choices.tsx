// What a reader may set: colours, zone of times.
import { useSyncExternalStore } from 'react'
import { oneOf, stored } from './stored.tsx'

export const theme = stored('theme', oneOf('auto', 'light', 'dark'))
export const zone = stored('zone', oneOf('local', 'utc'))
/** Personal data is asked for only while this is on; off at every visit. */
let showsPersonal = false
const personalListeners = new Set<() => void>()

export const personal = {
  read: (): boolean => showsPersonal,
  write: (value: boolean): void => {
    showsPersonal = value
    for (const listener of personalListeners) listener()
  },
  use: (): boolean =>
    useSyncExternalStore((listener) => {
      personalListeners.add(listener)
      return () => personalListeners.delete(listener)
    }, personal.read),
}

const dark = matchMedia('(prefers-color-scheme: dark)')

/** Sets data-theme on the root element, now and when the choice or the system changes. */
export function followTheme(): void {
  const apply = (): void => {
    const choice = theme.read()
    document.documentElement.dataset.theme =
      choice === 'auto' ? (dark.matches ? 'dark' : 'light') : choice
    dispatchEvent(new Event('themechange'))
  }
  dark.addEventListener('change', apply)
  addEventListener('storage', apply)
  themeListeners.add(apply)
  apply()
}

const themeListeners = new Set<() => void>()

export function setTheme(choice: 'auto' | 'light' | 'dark'): void {
  theme.write(choice)
  for (const listener of themeListeners) listener()
}

/** Which colours are on, for what is drawn on a canvas. */
export function useColours(): string {
  return useSyncExternalStore(
    (listener) => {
      addEventListener('themechange', listener)
      return () => removeEventListener('themechange', listener)
    },
    () => document.documentElement.dataset.theme ?? 'light',
  )
}

const wide = matchMedia('(min-width: 1024px)')
const narrow = matchMedia('(max-width: 639px)')

/** Whether there is room for something at the side. */
export function useWide(): boolean {
  return useMatch(wide)
}

/** Whether it is a phone's width, as the styles have it. */
export function useNarrow(): boolean {
  return useMatch(narrow)
}

function useMatch(list: MediaQueryList): boolean {
  return useSyncExternalStore(
    (listener) => {
      list.addEventListener('change', listener)
      return () => list.removeEventListener('change', listener)
    },
    () => list.matches,
  )
}
