// The ways to the pages: at the side, on a phone at the bottom.
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { Icon } from '../parts/icon.tsx'
import { places } from './places.tsx'

export function Navigation({ path }: { readonly path: string }): ReactNode {
  return (
    <nav className="nav" aria-label="Pages">
      {places.map((place) => (
        <Link
          key={place.path}
          href={place.path}
          className="nav-link"
          title={`g ${place.key}`}
          aria-current={isAt(place.path, path) ? 'page' : undefined}
        >
          <Icon name={place.icon} />
          <span className="nav-title">{place.title}</span>
          <span className="nav-short" aria-hidden="true">
            {place.short}
          </span>
        </Link>
      ))}
    </nav>
  )
}

/** A record and its lineage were reached from the records. */
function isAt(place: string, path: string): boolean {
  if (place === '/') return path === '/'
  if (place === '/records' && path.startsWith('/lineage')) return true
  return path === place || path.startsWith(`${place}/`)
}
