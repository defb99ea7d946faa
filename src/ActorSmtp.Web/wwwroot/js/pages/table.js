// Every page of the console, in the order of the menu. A new page is a line here and a module which exports
// `open(place, query, session)`; it answers `{ moved(query)?, leave()? }`. `needs` hides it from the menu of a server without that part.

export const pages = [
  { name: 'inbox', title: 'Inbox', key: 'i', menu: true, paths: ['/inbox', '/'], load: () => import('./inbox.js') },
  { name: 'compose', title: 'Compose', key: 'c', menu: true, paths: ['/compose'], load: () => import('./compose.js') },
  { name: 'live', title: 'Live', key: 'l', menu: true, paths: ['/live'], load: () => import('./live.js') },
  { name: 'queue', title: 'Queue', key: 'q', menu: true, paths: ['/queue'], load: () => import('./queue.js') },
  { name: 'leases', title: 'Leases', key: 't', menu: true, paths: ['/leases'], load: () => import('./leases.js'), needs: (server) => !server?.features || server.features.includes('leases') },
  { name: 'configuration', title: 'Configuration', short: 'Settings', key: 's', menu: true, paths: ['/configuration'], load: () => import('./configuration.js') },
  { name: 'login', title: 'Login', bare: true, paths: ['/login'], load: () => import('./login.js') },
];
