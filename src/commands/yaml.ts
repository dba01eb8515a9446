// The YAML library, to be imported when it is needed and not before. It is CommonJS: from the bundle, only a static import
// like this one gives its names.
export { parse, stringify } from 'yaml'
