// SPDX-License-Identifier: MIT
// The reference page. All it knows of the interface comes from openapi.json beside it, and is put on the page as text,
// never as markup. The page's own words are below in both languages; those of the operations come as they are written.

const WORDS = {
  en: {
    skip: 'Skip to the operations',
    links: 'Links',
    index: 'Index',
    language: 'Language',
    reference: (title) => `${title}: API reference`,
    version: (version) => `Version ${version}`,
    loading: 'Loading…',
    not_loaded: (why) => `openapi.json could not be read: ${why}`,
    filter: 'Find an operation',
    count: (shown, all) => (shown === all ? `${all} addresses` : `${shown} of ${all} addresses`),
    open_all: 'Open all',
    close_all: 'Close all',
    other: 'Other',
    link_to: (name) => `Link to ${name}`,
    parameters: 'Parameters',
    no_parameters: 'It takes no parameters.',
    place: (place) => ({ query: 'in the query', path: 'in the path', header: 'header field' })[place] ?? place,
    required: 'required',
    deprecated: 'deprecated',
    default_value: 'default',
    characters: 'characters',
    example: 'for example',
    values: (count) => `${count} values to choose from`,
    choose: (name) => `Values of ${name}`,
    not_given: '(not given)',
    commas: 'several with commas',
    at_least: (least) => `at least ${least}`,
    at_most: (most) => `at most ${most}`,
    accept: 'The media type that is asked for.',
    request: 'Request',
    send: 'Send',
    reset: 'Reset',
    copy: 'Copy',
    copy_what: (what) => `Copy the ${what} line`,
    copied: 'Copied',
    not_copied: 'Selected, not copied',
    result: 'Result',
    sending: 'Sending…',
    no_answer: (why) => `No answer: ${why}`,
    measured: (bytes, time) => `${bytes} bytes, ${time} ms`,
    redirected: (url) => `Redirected to ${url}`,
    headers: (count) => `${count} header fields`,
    body: 'Body',
    no_body: 'The answer has no body.',
    cut: (shown, all) => `The first ${shown} of ${all} characters are shown.`,
    answers: 'Answers',
    fields_of: 'Header fields',
    example_of: 'Example',
    members: 'Members',
    any_name: 'any name',
  },
  zh: {
    skip: '跳到接口列表',
    links: '链接',
    index: '首页',
    language: '语言',
    reference: (title) => `${title}：接口参考`,
    version: (version) => `版本 ${version}`,
    loading: '正在加载…',
    not_loaded: (why) => `无法读取 openapi.json：${why}`,
    filter: '查找接口',
    count: (shown, all) => (shown === all ? `共 ${all} 个地址` : `${shown} / ${all} 个地址`),
    open_all: '全部展开',
    close_all: '全部收起',
    other: '其他',
    link_to: (name) => `${name} 的链接`,
    parameters: '参数',
    no_parameters: '没有参数。',
    place: (place) => ({ query: '查询参数', path: '路径参数', header: '请求头' })[place] ?? place,
    required: '必填',
    deprecated: '已弃用',
    default_value: '默认',
    characters: '个字符',
    example: '例如',
    values: (count) => `${count} 个可选值`,
    choose: (name) => `${name} 的可选值`,
    not_given: '（不填）',
    commas: '多个值用英文逗号分隔',
    at_least: (least) => `至少 ${least}`,
    at_most: (most) => `至多 ${most}`,
    accept: '希望得到的媒体类型。',
    request: '请求',
    send: '发送',
    reset: '重置',
    copy: '复制',
    copy_what: (what) => `复制 ${what} 命令`,
    copied: '已复制',
    not_copied: '已选中，未复制',
    result: '结果',
    sending: '正在发送…',
    no_answer: (why) => `没有得到响应：${why}`,
    measured: (bytes, time) => `${bytes} 字节，${time} 毫秒`,
    redirected: (url) => `已重定向到 ${url}`,
    headers: (count) => `${count} 个响应头`,
    body: '正文',
    no_body: '响应没有正文。',
    cut: (shown, all) => `共 ${all} 个字符，这里显示前 ${shown} 个。`,
    answers: '响应',
    fields_of: '响应头',
    example_of: '示例',
    members: '成员',
    any_name: '任意名称',
  },
};
const LANGUAGES = { en: 'English', zh: '中文' };
const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options', 'trace']; // as they are shown
const BODY_SHOWN = 400000; // characters; a browser stays quick with so many
const CHOICES_OPEN = 12; // more values than these are folded

// A proxy may have put a prefix before /docs: then it stands before everything else too.
const HOME = new URL('.', location.href).href;

let description = null;
let language = 'en';

// Words and elements.

const spoken = new WeakMap(); // element -> the values of its words

function word(key, ...values) {
  const entry = WORDS[language][key];
  return typeof entry === 'function' ? entry(...values) : entry;
}

// Gives an element a text of the page's own, which follows the language.
function speak(element, key, ...values) {
  element.dataset.words = key;
  spoken.set(element, values);
  element.textContent = word(key, ...values);
  return element;
}

// The same for what only a screen reader says.
function label(element, key, ...values) {
  element.dataset.label = key;
  spoken.set(element, values);
  element.setAttribute('aria-label', word(key, ...values));
  return element;
}

function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(key, value);
    else if (value === true) element.setAttribute(key, '');
    else if (value !== false && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== undefined && child !== ''));
  return element;
}

const say = (name, key, ...values) => speak(make(name), key, ...values);
// A text of the description, which is in the description's language and not in the page's.
const text = (name, string, attributes = {}) => make(name, { lang: 'en', ...attributes }, string);
const code = (string, attributes = {}) => make('code', { translate: 'no', ...attributes }, string);

// Elements that are made only when they are opened: the page stays small, and a schema may contain itself.
function fold(attributes, summary, fill) {
  const details = make('details', attributes, make('summary', {}, ...summary));
  details.addEventListener('toggle', () => open(details));
  filling.set(details, fill);
  return details;
}

const filling = new WeakMap(); // details -> what makes its content

function open(details) {
  const fill = filling.get(details);
  if (!details.open || !fill) return;
  filling.delete(details);
  details.append(...fill());
}

// Reading the description.

function resolve(node) {
  const seen = new Set();
  while (node?.$ref && !seen.has(node.$ref)) {
    const { $ref, ...beside } = node;
    seen.add($ref);
    const parts = $ref.replace(/^#\//, '').split('/');
    const names = parts.map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'));
    const target = names.reduce((at, name) => at?.[name], description);
    node = { ...target, ...beside };
  }
  return node ?? {};
}

const refName = (node) => node.$ref?.split('/').pop();

function operationsOf(path) {
  const item = description.paths[path];
  return METHODS.filter((method) => item[method]).map((method) => ({
    ...item[method],
    path,
    method: method.toUpperCase(),
    id: item[method].operationId ?? `${method}${path.replace(/\W+/g, '-')}`,
    parameters: [...(item.parameters ?? []), ...(item[method].parameters ?? [])].map(resolve),
  }));
}

// The type in the notation of signatures, which needs no language: Code[], string | null.
function typeOf(node) {
  const name = refName(node);
  if (name) return name;
  const choices = node.anyOf ?? node.oneOf;
  if (choices) return choices.map(typeOf).join(' | ');
  if (node.allOf) return node.allOf.map(typeOf).join(' & ');
  if ('const' in node) return JSON.stringify(node.const);
  const types = [node.type ?? (node.properties ? 'object' : node.enum ? [] : 'any')].flat();
  const names = types.map((type) => {
    if (type !== 'array') return type;
    const item = node.items ? typeOf(node.items) : 'any';
    return item.includes(' ') ? `(${item})[]` : `${item}[]`;
  });
  return names.join(' | ');
}

// What is accepted beyond the type: pieces of code and of words.
function factsOf(node, withValues) {
  const facts = [];
  const schema = resolve(node);
  const bounded = resolve(schema.type === 'array' && schema.items ? schema.items : schema);
  const values = schema.enum ?? bounded.enum;
  if (withValues && values) facts.push(values.flatMap((value, i) => [i ? ', ' : '', code(shown(value))]));
  if (bounded.pattern) facts.push([code(bounded.pattern)]);
  if (bounded.format) facts.push([code(bounded.format)]);
  for (const [least, most, unit] of [['minimum', 'maximum'], ['minLength', 'maxLength', 'characters']]) {
    if (!(least in bounded || most in bounded)) continue;
    const range = !(most in bounded) ? say('span', 'at_least', bounded[least])
      : !(least in bounded) ? say('span', 'at_most', bounded[most]) : code(`${bounded[least]}…${bounded[most]}`);
    facts.push(unit ? [range, ' ', say('span', unit)] : [range]);
  }
  if ('default' in schema) facts.push([say('span', 'default_value'), ' ', code(shown(schema.default))]);
  return facts.flatMap((fact, i) => [i ? ' · ' : '', ...fact]).filter((piece) => piece !== '');
}

const shown = (value) => (typeof value === 'string' ? value : JSON.stringify(value));

// Members of an object, of the objects in an array, or of each alternative: [name, schema, required].
function membersOf(node, seen = new Set()) {
  const schema = resolve(node);
  if (seen.has(schema)) return [];
  seen.add(schema);
  const members = Object.entries(schema.properties ?? {})
    .map(([name, member]) => [name, member, schema.required?.includes(name) ?? false]);
  if (typeof schema.additionalProperties === 'object') members.push([null, schema.additionalProperties, false]);
  if (members.length > 0) return members;
  if (schema.items) return membersOf(schema.items, seen);
  const several = schema.allOf ?? schema.anyOf ?? schema.oneOf ?? [];
  return several.flatMap((one) => membersOf(one, seen));
}

// Schemas and answers.

function memberRow([name, node, required]) {
  const schema = resolve(node);
  const facts = factsOf(node, true);
  const inner = membersOf(node);
  return make('li', {},
    name === null ? speak(make('span', { class: 'name' }), 'any_name') : code(name, { class: 'name' }),
    code(typeOf(node), { class: 'type' }),
    required ? make('span', { class: 'soft' }, ' · ', say('span', 'required')) : '',
    schema.description ? text('p', schema.description) : '',
    facts.length > 0 ? make('p', { class: 'facts' }, ...facts) : '',
    inner.length > 0 ? fold({}, [say('span', 'members')], () => [tree(inner)]) : '');
}

const tree = (members) => make('ul', { class: 'tree' }, ...members.map(memberRow));

function schemaView(node) {
  const schema = resolve(node);
  const members = membersOf(node);
  return [
    make('p', {}, code(typeOf(node), { class: 'type' }), schema.description ? ' ' : '',
      schema.description ? text('span', schema.description, { class: 'soft' }) : ''),
    members.length > 0 ? tree(members) : '',
  ].filter((part) => part !== '');
}

function exampleView(value, summary) {
  const title = [say('span', 'example_of'), ...(summary ? [text('span', `: ${summary}`)] : [])];
  const printed = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  return fold({}, title, () => [region(make('pre', { class: 'body' }, printed), 'example_of')]);
}

// What scrolls can be scrolled with the keyboard.
function region(element, key) {
  element.setAttribute('tabindex', '0');
  element.setAttribute('role', 'region');
  return label(element, key);
}

function mediaView([type, media]) {
  const examples = 'example' in media ? [['', { value: media.example }]] : Object.entries(media.examples ?? {});
  return make('div', { class: 'media' }, make('p', {}, code(type)), ...schemaView(media.schema ?? {}),
    ...examples.map(([, example]) => resolve(example)).map((example) => exampleView(example.value, example.summary)));
}

function answerView([status, node]) {
  const answer = resolve(node);
  const headers = Object.keys(answer.headers ?? {});
  return fold({ class: 'answer' }, [code(status), text('span', answer.description ?? '', { class: 'soft' })], () => [
    make('div', {}, ...Object.entries(answer.content ?? {}).map(mediaView),
      headers.length > 0
        ? make('p', { class: 'facts' }, say('span', 'fields_of'), ': ',
          ...headers.flatMap((name, i) => [i ? ', ' : '', code(name)]).filter((piece) => piece !== ''))
        : '')]);
}

// Parameters.

// Which types an answer may have is negotiated; the description says so only by listing them.
function acceptParameter(operation) {
  const types = Object.keys(resolve(operation.responses?.['200']).content ?? {});
  if (types.length < 2) return [];
  return [{ name: 'Accept', in: 'header', own: true, schema: { type: 'string', enum: types } }];
}

function examplesOf(parameter) {
  if ('example' in parameter) return [parameter.example];
  return Object.values(parameter.examples ?? {}).map((example) => resolve(example).value);
}

const split = (value) => value.split(',').map((part) => part.trim()).filter(Boolean);

// Buttons that put a value into a list or take it out; the list keeps the order of clicks, which sort and fields heed.
function choiceButtons(values, input, name) {
  const buttons = values.map((value) => make('button', {
    type: 'button',
    'aria-pressed': 'false',
    click: () => {
      const chosen = split(input.value);
      const without = chosen.filter((other) => other !== value);
      input.value = (without.length < chosen.length ? without : [...chosen, value]).join(',');
      input.dispatchEvent(new Event('input', { bubbles: true }));
    },
  }, value));
  const show = () => {
    const chosen = split(input.value);
    for (const button of buttons) button.setAttribute('aria-pressed', String(chosen.includes(button.textContent)));
  };
  input.addEventListener('input', show);
  const group = label(make('div', { class: 'choices', role: 'group', translate: 'no' }, ...buttons), 'choose', name);
  if (values.length <= CHOICES_OPEN) return group;
  return make('details', {}, make('summary', {}, say('span', 'values', values.length)), group);
}

function parameterRow(parameter, id) {
  const schema = resolve(parameter.schema ?? {});
  const item = schema.type === 'array' ? resolve(schema.items ?? {}) : schema;
  const values = item.enum ?? (item.type === 'boolean' ? [true, false] : null);
  const examples = examplesOf(parameter);
  const start = parameter.in === 'path' ? shown(examples[0] ?? schema.default ?? '') : '';
  const about = `${id}-about`;
  const attributes = { id, name: parameter.name, required: parameter.required ?? false, 'aria-describedby': about };
  let control;
  if (values && schema.type !== 'array') {
    const options = values.map(shown).map((value) => make('option', { value, selected: value === start }, value));
    if (!parameter.required) options.unshift(speak(make('option', { value: '' }), 'not_given'));
    control = make('select', attributes, ...options);
  } else {
    control = make('input', {
      ...attributes, type: 'text', value: start, autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false',
      inputmode: item.type === 'integer' ? 'numeric' : undefined,
    });
  }
  const facts = factsOf(parameter.schema ?? {}, schema.type !== 'array');
  const examplesShown = examples.length > 0 && !values
    ? [say('span', 'example'), ' ', ...examples.flatMap((value, i) => [i ? ', ' : '', code(shown(value))])] : [];
  return make('div', { class: 'parameter' },
    make('div', { class: 'head' },
      make('label', { for: id }, code(parameter.name)),
      code(typeOf(parameter.schema ?? {}), { class: 'type' }),
      make('span', { class: 'soft' }, say('span', 'place', parameter.in),
        ...(schema.type === 'array' ? [' · ', say('span', 'commas')] : []),
        ...(parameter.required ? [' · ', say('span', 'required')] : []),
        ...(parameter.deprecated ? [' · ', say('span', 'deprecated')] : []))),
    make('div', { id: about },
      parameter.own ? say('p', 'accept') : '',
      parameter.description ? text('p', parameter.description) : '',
      facts.length + examplesShown.length > 0
        ? make('p', { class: 'facts' }, ...facts, facts.length > 0 && examplesShown.length > 0 ? ' · ' : '',
          ...examplesShown)
        : ''),
    control,
    values && schema.type === 'array' ? choiceButtons(values.map(shown), control, parameter.name) : '');
}

// The request that a form says.

function requestOf(operation, values) {
  let path = operation.path;
  const query = [];
  const headers = {};
  for (const [i, parameter] of operation.parameters.entries()) {
    const value = values[i];
    if (value === '' && parameter.in !== 'path') continue;
    if (parameter.in === 'path') {
      path = path.replace(`{${parameter.name}}`, encodeURIComponent(value));
    } else if (parameter.in === 'header') {
      headers[parameter.name] = value;
    } else if (parameter.in === 'query') {
      const name = encodeURIComponent(parameter.name);
      const several = resolve(parameter.schema ?? {}).type === 'array';
      const parts = (several ? value.split(',').map((part) => part.trim()) : [value]).map(encodeURIComponent);
      if (several && parameter.explode !== false) query.push(...parts.map((part) => `${name}=${part}`));
      else query.push(`${name}=${parts.join(',')}`);
    }
  }
  const target = path.slice(1) + (query.length > 0 ? `?${query.join('&')}` : '');
  return { method: operation.method, url: HOME + target, shown: `/${target}`, headers };
}

const quoteForShell = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

function curlLine({ method, url, headers }) {
  const options = { GET: [], HEAD: ['-I'] }[method] ?? ['-i', '-X', method];
  const fields = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  return ['curl', ...options, ...fields, url].map(quoteForShell).join(' ');
}

function fetchLine({ method, url, headers }) {
  const options = {
    ...(method === 'GET' ? {} : { method }),
    ...(Object.keys(headers).length > 0 ? { headers } : {}),
  };
  const given = Object.keys(options).length > 0 ? `, ${JSON.stringify(options)}` : '';
  return `await fetch(${JSON.stringify(url)}${given})`;
}

// Says on the button how it went, and to those who do not see it, in `told`.
async function copy(line, button, told) {
  let done = true;
  try {
    await navigator.clipboard.writeText(line.textContent);
  } catch {
    // Without HTTPS a browser has no clipboard for us, but perhaps the old command.
    getSelection().selectAllChildren(line);
    done = document.execCommand('copy');
  }
  for (const place of [button.firstChild, told]) speak(place, done ? 'copied' : 'not_copied');
  setTimeout(() => {
    speak(button.firstChild, 'copy');
    told.replaceChildren();
    delete told.dataset.words;
  }, 2000);
}

function command(name) {
  const line = code('');
  const told = make('span', { class: 'unseen', role: 'status' });
  const press = () => copy(line, button, told);
  const button = make('button', { type: 'button', class: 'copy', click: press }, say('span', 'copy'));
  label(button, 'copy_what', name);
  const title = make('span', { class: 'name' }, name, told);
  return [line, make('div', { class: 'command' }, title, make('pre', {}, line), button)];
}

// Answers as they came.

// JSON, indented without being read into numbers, so that every digit stays as it is.
function indented(json) {
  const tokens = json.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? [];
  let depth = 0;
  let out = '';
  tokens.forEach((token, i) => {
    const line = () => `\n${'  '.repeat(depth)}`;
    const before = tokens[i - 1];
    if (token === '}' || token === ']') {
      depth -= 1;
      out += before === '{' || before === '[' ? token : line() + token;
    } else {
      if (before === '{' || before === '[') out += line();
      out += token;
      if (token === ',') out += line();
      else if (token === ':') out += ' ';
      else if (token === '{' || token === '[') depth += 1;
    }
  });
  return out;
}

function readable(body, type) {
  if (!/[/+]json\b/.test(type) || body.length > BODY_SHOWN) return body;
  try {
    JSON.parse(body);
  } catch {
    return body;
  }
  return indented(body);
}

// The status line, and what stands below it.
function answerParts(answer, bytes, time) {
  const type = answer.headers.get('Content-Type') ?? '';
  const body = readable(new TextDecoder().decode(bytes), type);
  const headers = [...answer.headers];
  const status = [make('strong', {}, `${answer.status} ${answer.statusText}`.trim()), ' ',
    speak(make('span', { class: 'soft' }), 'measured', bytes.byteLength.toLocaleString(language), time)];
  const below = [
    answer.redirected ? speak(make('p', { class: 'url soft' }), 'redirected', answer.url) : '',
    make('details', {}, make('summary', {}, say('span', 'headers', headers.length)),
      make('pre', { class: 'fields' }, headers.map(([name, value]) => `${name}: ${value}`).join('\n'))),
    body.length > BODY_SHOWN
      ? speak(make('p', { class: 'soft' }), 'cut', ...[BODY_SHOWN, body.length].map((n) => n.toLocaleString(language)))
      : '',
    body === '' ? speak(make('p', { class: 'soft' }), 'no_body')
      : region(make('pre', { class: 'body answer-body', translate: 'no' }, body.slice(0, BODY_SHOWN)), 'body'),
  ].filter((part) => part !== '');
  return { status, below };
}

// The answer of the server itself, not of the browser's cache.
async function send({ method, url, headers }, signal) {
  const started = performance.now();
  const answer = await fetch(url, { method, headers, cache: 'no-store', signal });
  const bytes = await answer.arrayBuffer();
  return answerParts(answer, bytes, Math.round(performance.now() - started));
}

// An operation: its form, the request, the result, the answers.

function titleOf({ method, summary }) {
  return [make('span', { class: 'method' }, method), text('span', summary ?? '')];
}

function operationView(given, headed) {
  const operation = { ...given, parameters: [...given.parameters, ...acceptParameter(given)] };
  const rows = operation.parameters.map((parameter, i) => parameterRow(parameter, `${operation.id}-${i}`));
  const controls = rows.map((row, i) => row.querySelector(`[id="${CSS.escape(`${operation.id}-${i}`)}"]`));
  const follows = operation.method === 'GET';
  const url = make(follows ? 'a' : 'code', { class: 'url', translate: 'no' });
  const [curl, curlView] = command('curl');
  const [fetchCode, fetchView] = command('fetch');
  const result = make('div', { class: 'result' });
  const live = make('p', { class: 'status', role: 'status' }); // it stays, or a screen reader would not notice it
  const formId = `${operation.id}-form`; // form.id would be a parameter of that name
  let running = null;

  const current = () => requestOf(operation, controls.map((control) => control.value));
  const show = () => {
    const request = current();
    url.textContent = request.shown;
    if (follows) url.href = request.url;
    curl.textContent = curlLine(request);
    fetchCode.textContent = fetchLine(request);
  };
  const form = make('form', {
    id: formId,
    class: 'parameters',
    input: show,
    // The values change only after this event; the buttons and lines that follow them then have to know.
    reset: () => setTimeout(() => {
      for (const control of controls) control.dispatchEvent(new Event('input', { bubbles: true }));
    }),
    submit: async (event) => {
      event.preventDefault();
      running?.abort();
      const mine = running = new AbortController();
      speak(live, 'sending');
      try {
        const { status, below } = await send(current(), mine.signal);
        if (mine !== running) return;
        delete live.dataset.words;
        live.replaceChildren(...status);
        result.replaceChildren(...below);
      } catch (error) {
        if (mine !== running) return;
        result.replaceChildren();
        speak(live, 'no_answer', error.message);
      }
      live.scrollIntoView({ block: 'nearest' }); // on a narrow screen it is far below the form
    },
  }, say('h5', 'parameters'), ...(rows.length > 0 ? rows : [speak(make('p', { class: 'soft' }), 'no_parameters')]));
  const request = make('div', { class: 'request' },
    say('h5', 'request'),
    make('p', {}, make('span', { class: 'method' }, operation.method), url),
    make('div', { class: 'line' },
      speak(make('button', { type: 'submit', class: 'main', form: formId }), 'send'),
      rows.length > 0 ? speak(make('button', { type: 'reset', form: formId }), 'reset') : ''),
    curlView, fetchView, say('h5', 'result'), live, result);
  show();
  const anchor = make('a', { href: hashWith({ at: operation.id }) }, '#');
  label(anchor, 'link_to', operation.summary ?? operation.id);
  return make('section', { class: 'operation', id: operation.id, tabindex: '-1' },
    headed ? make('h4', {}, ...titleOf(operation), ' ', anchor) : '',
    operation.deprecated ? say('p', 'deprecated') : '',
    operation.description ? text('p', operation.description) : '',
    make('div', { class: 'halves' }, form, request),
    make('div', { class: 'answers' }, say('h5', 'answers'),
      ...Object.entries(operation.responses ?? {}).map(answerView)));
}

function foldedOperation(operation) {
  return fold({ class: 'method-fold', 'data-fold': operation.id },
    [make('h4', {}, ...titleOf(operation))], () => [operationView(operation, false)]);
}

// All of them.

const resources = []; // {element, section, text, ids}

function searchText(path, operations) {
  const words = operations.flatMap(({ method, id, summary, description: about, tags = [], parameters }) =>
    [method, id, summary, about, ...tags, ...parameters.map(({ name }) => name)]);
  return [path, ...words].filter(Boolean).join(' ').toLowerCase();
}

function resourceView(path) {
  const operations = operationsOf(path);
  const [first, ...others] = operations;
  const element = fold({ class: 'resource' },
    [make('h3', {}, code(path), text('span', description.paths[path].summary ?? first.summary ?? ''))],
    () => [make('div', { class: 'inside' }, operationView(first, true), ...others.map(foldedOperation))]);
  return { element, text: searchText(path, operations), ids: operations.map((operation) => operation.id) };
}

function tagOf(path) {
  return operationsOf(path)[0].tags?.[0] ?? '';
}

function showAll() {
  const paths = Object.keys(description.paths).filter((path) => operationsOf(path).length > 0);
  const declared = description.tags ?? [];
  const names = [...new Set([...declared.map((tag) => tag.name), ...paths.map(tagOf)])];
  for (const name of names) {
    const own = paths.filter((path) => tagOf(path) === name);
    if (own.length === 0) continue;
    const about = declared.find((tag) => tag.name === name)?.description;
    const section = make('section', { class: 'tag' }, name ? text('h2', name) : say('h2', 'other'),
      about ? text('p', about) : '');
    for (const path of own) {
      const resource = resourceView(path);
      resources.push({ ...resource, section });
      section.append(resource.element);
    }
    document.getElementById('operations').append(section);
  }
}

function showInformation() {
  const { title, summary, description: about, version } = description.info;
  document.getElementById('introduction').append(
    ...(summary ? [text('p', summary, { class: 'lead' })] : []),
    ...(about ? [text('p', about)] : []),
    say('p', 'version', version));
  speak(document.getElementById('title'), 'reference', title);
  speak(document.querySelector('title'), 'reference', title);
}

// The filter box.

function filter() {
  const words = document.getElementById('filter').value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const { element, text: all } of resources) element.hidden = !words.every((one) => all.includes(one));
  for (const section of new Set(resources.map((resource) => resource.section)))
    section.hidden = resources.every((resource) => resource.section !== section || resource.element.hidden);
  const shownCount = resources.filter((resource) => !resource.element.hidden).length;
  speak(document.getElementById('count'), 'count', shownCount, resources.length);
}

function openAll() {
  const visible = resources.filter((resource) => !resource.element.hidden);
  const wanted = visible.some((resource) => !resource.element.open);
  for (const { element } of visible) element.open = wanted;
  speak(document.getElementById('all'), wanted ? 'close_all' : 'open_all');
}

// The language and the place stand behind the #, so that a link leads to both and nothing need be stored.

const inHash = () => new URLSearchParams(location.hash.slice(1));

function hashWith(changes) {
  const hash = inHash();
  for (const [name, value] of Object.entries(changes)) hash.set(name, value);
  return `#${hash}`;
}

function chooseLanguage(wanted) {
  language = wanted in LANGUAGES ? wanted : navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
  document.documentElement.lang = language === 'zh' ? 'zh-Hans' : 'en';
  for (const element of document.querySelectorAll('[data-words]'))
    element.textContent = word(element.dataset.words, ...(spoken.get(element) ?? []));
  for (const element of document.querySelectorAll('[data-label]'))
    element.setAttribute('aria-label', word(element.dataset.label, ...(spoken.get(element) ?? [])));
  for (const button of document.querySelectorAll('#languages button'))
    button.setAttribute('aria-pressed', String(button.lang === language));
  for (const link of document.querySelectorAll('a[href^="#at="], a[href*="&at="]')) {
    const at = new URLSearchParams(link.getAttribute('href').slice(1)).get('at');
    if (at) link.setAttribute('href', hashWith({ at }));
  }
}

function goTo(id) {
  const resource = resources.find(({ ids }) => ids.includes(id));
  if (!resource) return;
  resource.element.hidden = resource.section.hidden = false;
  resource.element.open = true;
  open(resource.element);
  const folded = resource.element.querySelector(`[data-fold="${CSS.escape(id)}"]`);
  if (folded) {
    folded.open = true;
    open(folded);
  }
  const operation = document.getElementById(id);
  operation.scrollIntoView();
  operation.focus({ preventScroll: true });
}

function followHash() {
  const hash = inHash();
  if ((hash.get('lang') ?? language) !== language) chooseLanguage(hash.get('lang'));
  if (hash.has('at')) goTo(hash.get('at'));
}

async function load() {
  const answer = await fetch(`${HOME}openapi.json`);
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
  return answer.json();
}

async function begin() {
  document.getElementById('languages').append(...Object.entries(LANGUAGES).map(([tag, name]) => make('button', {
    type: 'button',
    lang: tag,
    click: () => {
      history.replaceState(null, '', hashWith({ lang: tag }));
      chooseLanguage(tag);
    },
  }, name)));
  chooseLanguage(inHash().get('lang'));
  document.getElementById('skip').addEventListener('click', (event) => {
    event.preventDefault(); // the place behind the # is taken
    document.getElementById('main').focus();
  });
  const state = document.getElementById('state');
  try {
    description = await load();
    showInformation();
    showAll();
  } catch (error) {
    speak(state, 'not_loaded', error.message);
    return;
  }
  state.remove();
  const find = document.getElementById('find');
  find.hidden = false;
  find.addEventListener('input', filter);
  find.addEventListener('submit', (event) => {
    event.preventDefault();
    resources.find((resource) => !resource.element.hidden)?.element.querySelector('summary').focus();
  });
  document.getElementById('all').addEventListener('click', openAll);
  filter();
  followHash();
  addEventListener('hashchange', followHash);
}

begin();
