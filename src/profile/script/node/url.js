// Node's url: the old parser, and URL with its parameters.
(function (native, querystring, lacking) {
  'use strict';
  const { escape, unescape } = querystring;

  const isObject = (value) => value !== null && typeof value === 'object';

  const formEscape = (text) => escape(text).replace(/[!'()~]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%20/g, '+');
  class URLSearchParams {
    #pairs = [];
    #changed = null;
    constructor(given = '') {
      if (typeof given === 'string') {
        const text = given.replace(/^\?/, '');
        for (const pair of text.split('&').filter((one) => one !== '')) {
          const at = pair.indexOf('='), plain = (part) => unescape(part.replace(/\+/g, ' '));
          this.#pairs.push([plain(at < 0 ? pair : pair.slice(0, at)), at < 0 ? '' : plain(pair.slice(at + 1))]);
        }
      } else if (isObject(given)) {
        const pairs = typeof given[Symbol.iterator] === 'function' ? [...given] : Object.entries(given);
        this.#pairs = pairs.map(([name, value]) => [String(name), String(value)]);
      }
    }
    static of(text, changed) {
      const made = new URLSearchParams(text);
      made.#changed = changed;
      return made;
    }
    #change() {
      if (this.#changed) {
        this.#changed(this.toString());
      }
    }
    append(name, value) {
      this.#pairs.push([String(name), String(value)]);
      this.#change();
    }
    delete(name) {
      this.#pairs = this.#pairs.filter(([own]) => own !== String(name));
      this.#change();
    }
    get(name) {
      const found = this.#pairs.find(([own]) => own === String(name));
      return found ? found[1] : null;
    }
    getAll(name) {
      return this.#pairs.filter(([own]) => own === String(name)).map(([, value]) => value);
    }
    has(name) {
      return this.#pairs.some(([own]) => own === String(name));
    }
    set(name, value) {
      const first = this.#pairs.findIndex(([own]) => own === String(name));
      if (first < 0) {
        this.#pairs.push([String(name), String(value)]);
      } else {
        this.#pairs[first][1] = String(value);
        this.#pairs = this.#pairs.filter(([own], at) => own !== String(name) || at === first);
      }
      this.#change();
    }
    sort() {
      this.#pairs.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
      this.#change();
    }
    forEach(call, that) {
      for (const [name, value] of this.#pairs) {
        call.call(that, value, name, this);
      }
    }
    entries() {
      return this.#pairs.map((pair) => [...pair])[Symbol.iterator]();
    }
    keys() {
      return this.#pairs.map(([name]) => name)[Symbol.iterator]();
    }
    values() {
      return this.#pairs.map(([, value]) => value)[Symbol.iterator]();
    }
    get size() {
      return this.#pairs.length;
    }
    [Symbol.iterator]() {
      return this.entries();
    }
    toString() {
      return this.#pairs.map(([name, value]) => `${formEscape(name)}=${formEscape(value)}`).join('&');
    }
  }

  const PARTS = ['href', 'protocol', 'username', 'password', 'hostname', 'port', 'pathname', 'search', 'hash', 'origin'];
  let partsOf, change;
  class URL {
    static {
      partsOf = (url) => url.#parts;
      change = (url, name, value) => url.#change(name, value);
    }
    #parts;
    #query = null;
    constructor(text, base) {
      this.#read(text, base);
    }
    #read(text, base) {
      const read = native.url(String(text), base === undefined ? null : String(base));
      if (read === null || read === undefined) {
        const error = new TypeError('Invalid URL');
        error.code = 'ERR_INVALID_URL';
        error.input = String(text);
        throw error;
      }
      this.#parts = {};
      JSON.parse(read).forEach((part, at) => {
        this.#parts[PARTS[at]] = part;
      });
    }
    static canParse(text, base) {
      return native.url(String(text), base === undefined ? null : String(base)) !== null;
    }
    #change(name, value) {
      const parts = { ...this.#parts, [name]: String(value) };
      const front = (mark, text) => (text === '' || text.startsWith(mark) ? text : mark + text);
      const user = parts.username ? `${parts.username}${parts.password ? `:${parts.password}` : ''}@` : '';
      const protocol = parts.protocol.replace(/:?$/, ':');
      const authority = parts.hostname === '' && !/^file:$/.test(protocol) ? '' : `//${user}${parts.hostname}${parts.port ? `:${parts.port}` : ''}`;
      const path = authority ? front('/', parts.pathname) : parts.pathname;
      try {
        this.#read(`${protocol}${authority}${path}${front('?', parts.search)}${front('#', parts.hash)}`);
        this.#query = name === 'search' ? null : this.#query;
      } catch (_) {
        // As Node does: what is no part of an address changes nothing.
      }
    }
    get host() {
      return this.#parts.hostname + (this.#parts.port ? `:${this.#parts.port}` : '');
    }
    set host(value) {
      const [name, port = ''] = String(value).split(/:(?=\d*$)/);
      change(this, 'port', port);
      change(this, 'hostname', name);
    }
    get searchParams() {
      this.#query ??= URLSearchParams.of(this.#parts.search, (text) => {
        const query = this.#query;
        change(this, 'search', text);
        this.#query = query;
      });
      return this.#query;
    }
    toString() {
      return this.href;
    }
    toJSON() {
      return this.href;
    }
  }
  for (const name of PARTS) {
    Object.defineProperty(URL.prototype, name, {
      configurable: true, enumerable: true,
      get() {
        return partsOf(this)[name];
      },
      set(value) {
        change(this, name, value);
      },
    });
  }

  class Url {
    constructor() {
      Object.assign(this, { protocol: null, slashes: null, auth: null, host: null, port: null, hostname: null,
        hash: null, search: null, query: null, pathname: null, path: null, href: '' });
    }
    format() {
      return format_(this);
    }
    resolve(to) {
      return resolve(this.href, to);
    }
    parse() {
      return this;
    }
  }
  const SLASHED = ['http:', 'https:', 'ftp:', 'file:', 'ws:', 'wss:'];
  const parse = (text, withQuery, slashesMeanHost) => {
    if (text instanceof Url) {
      return text;
    }
    if (typeof text !== 'string') {
      const error = new TypeError(`The "url" argument must be of type string. Received ${text === null ? 'null' : typeof text}`);
      error.code = 'ERR_INVALID_ARG_TYPE';
      throw error;
    }
    const url = new Url();
    let rest = text.trim();
    const hash = rest.indexOf('#');
    if (hash >= 0) {
      url.hash = rest.slice(hash);
      rest = rest.slice(0, hash);
    }
    const query = rest.indexOf('?');
    if (query >= 0) {
      url.search = rest.slice(query);
      url.query = rest.slice(query + 1);
      rest = rest.slice(0, query);
    }
    const protocol = /^([a-z0-9.+-]+:)/i.exec(rest);
    if (protocol) {
      url.protocol = protocol[1].toLowerCase();
      rest = rest.slice(protocol[1].length);
    }
    if (SLASHED.includes(url.protocol)) {
      rest = rest.replace(/\\/g, '/');
    }
    if ((protocol || slashesMeanHost || /^\/\/[^@/]+@[^@/]+/.test(rest)) && rest.startsWith('//') && url.protocol !== 'javascript:') {
      url.slashes = true;
      rest = rest.slice(2);
      const end = rest.search(/[/\\]/);
      let authority = end < 0 ? rest : rest.slice(0, end);
      rest = end < 0 ? '' : rest.slice(end);
      const at = authority.lastIndexOf('@');
      if (at >= 0) {
        url.auth = unescape(authority.slice(0, at));
        authority = authority.slice(at + 1);
      }
      const port = /:(\d*)$/.exec(authority);
      if (port) {
        url.port = port[1] === '' ? null : port[1];
        authority = authority.slice(0, port.index);
      }
      url.hostname = authority.toLowerCase().replace(/^\[(.*)\]$/, '$1');
      url.host = authority.toLowerCase() + (url.port ? `:${url.port}` : '');
    }
    if (rest !== '') {
      url.pathname = rest.replace(/[ "<>`{}|^']/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
    } else if (SLASHED.includes(url.protocol) && url.hostname) {
      url.pathname = '/';
    }
    if (url.pathname !== null || url.search !== null) {
      url.path = (url.pathname ?? '') + (url.search ?? '');
    }
    url.href = format_(url);
    if (withQuery) {
      url.query = querystring.parse(url.query ?? '');
    }
    return url;
  };
  const format_ = (given) => {
    if (given instanceof URL) {
      return given.href;
    }
    const url = typeof given === 'string' ? parse(given) : given;
    let protocol = url.protocol || '';
    if (protocol && !protocol.endsWith(':')) {
      protocol += ':';
    }
    const auth = url.auth ? `${encodeURIComponent(url.auth).replace(/%3A/i, ':')}@` : '';
    let host = null;
    if (url.host) {
      host = auth + url.host;
    } else if (url.hostname) {
      host = auth + (url.hostname.includes(':') ? `[${url.hostname}]` : url.hostname) + (url.port ? `:${url.port}` : '');
    }
    const query = isObject(url.query) ? querystring.stringify(url.query) : '';
    let search = url.search || (query && `?${query}`) || '';
    let path = url.pathname || '';
    let hash = url.hash || '';
    if (url.slashes || ((!protocol || SLASHED.includes(protocol)) && host !== null)) {
      host = `//${host || ''}`;
      if (path && !path.startsWith('/')) {
        path = `/${path}`;
      }
    }
    if (hash && !hash.startsWith('#')) {
      hash = `#${hash}`;
    }
    if (search && !search.startsWith('?')) {
      search = `?${search}`;
    }
    return protocol + (host || '') + path.replace(/[?#]/g, encodeURIComponent) + search.replace('#', '%23') + hash;
  };
  const resolve = (from, to) => {
    const base = 'resolve://resolve.invalid';
    try {
      const made = new URL(to, new URL(from, base));
      return made.href.startsWith(base) ? made.href.slice(base.length) : made.href;
    } catch (_) {
      return to;
    }
  };
  const url = lacking('url', { URL, URLSearchParams, Url, parse, format: format_, resolve,
    resolveObject: (from, to) => parse(resolve(from, to)),
    domainToASCII: (name) => { try { return new URL(`http://${name}`).hostname; } catch (_) { return ''; } },
  }, ['domainToUnicode', 'fileURLToPath', 'pathToFileURL', 'urlToHttpOptions']);

  return url;
})
