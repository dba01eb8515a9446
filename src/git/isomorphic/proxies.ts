// The proxies of the machine.
import type { Proxies } from './http.ts'

/** As git reads them; upper case HTTP_PROXY is nobody's, since a CGI request could set it. */
export function proxiesIn(ambient: Readonly<Record<string, string | undefined>>): Proxies {
  const first = (...names: readonly string[]) => names.map(name => ambient[name]).find(Boolean) ?? ''
  return {
    http: first('http_proxy', 'all_proxy', 'ALL_PROXY'),
    https: first('https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'),
    none: first('no_proxy', 'NO_PROXY'),
  }
}
