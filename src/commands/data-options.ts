// How data commands read an option that several of them have.
import type { Format } from '../entries/document.ts'
import { UsageError } from './command.ts'

/** `auto` as undefined: recognised per document. */
export function formatOption(text: string | undefined): Format | undefined {
  return text === 'upstream' || text === 'toolhive' ? text : undefined
}

/** `npm=https://…,pypi=https://…` as a map. Throws UsageError. */
export function baseUrlsOption(text: string | undefined): Readonly<Record<string, string>> {
  const urls: Record<string, string> = {}
  for (const part of (text ?? '').split(',')) {
    if (part.trim() === '') continue
    const [, type, url] = /^\s*([a-z0-9]+)=(https?:\/\/\S+?)\s*$/.exec(part) ?? []
    if (type === undefined || url === undefined) {
      throw new UsageError(
        `--official-base-urls takes TYPE=URL pairs such as npm=https://npm.registry.example, not ${JSON.stringify(part)}`,
      )
    }
    urls[type] = url
  }
  return urls
}
