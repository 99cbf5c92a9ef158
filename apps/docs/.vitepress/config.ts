import { defineConfig } from 'vitepress';

const packages = [
  'flow',
  'parser',
  'filter',
  'netlink',
  'index',
  'table',
  'client',
  'lab',
  'conntrack8',
  'api',
  'history',
  'fleet',
  'cli',
];

export default defineConfig({
  title: 'conntrack for TypeScript',
  description: 'Read, filter and change Linux connection tracking from TypeScript, the shell and HTTP',
  cleanUrls: true,
  // READMEs link to their own repository; those links are checked there.
  ignoreDeadLinks: [/^\.\.?\/\.\./],
  themeConfig: {
    search: { provider: 'local' },
    nav: [
      { text: 'Guide', link: '/guide' },
      { text: 'Jobs', link: '/jobs/' },
      { text: 'Filters', link: '/packages/filter' },
      { text: 'Playground', link: '/playground' },
      { text: 'HTTP API', link: '/packages/api' },
    ],
    sidebar: [
      {
        text: 'Guide',
        items: [
          { text: 'Getting started', link: '/guide' },
          { text: 'The server', link: '/serve' },
          { text: 'Fleet', link: '/fleet' },
          { text: 'The web console', link: '/console' },
          { text: 'The client', link: '/client' },
          { text: 'History', link: '/history' },
          { text: 'Deployment', link: '/deploy' },
          { text: 'Filter fields', link: '/fields' },
          { text: 'Filter playground', link: '/playground' },
          { text: 'As conntrack(8)', link: '/conntrack8' },
          { text: 'Kernel versions', link: '/kernels' },
          { text: 'Performance', link: '/performance' },
          { text: 'Architecture', link: '/architecture' },
          { text: 'Decisions', link: '/decisions/' },
          { text: 'Glossary', link: '/glossary' },
        ],
      },
      {
        text: 'Jobs',
        items: [
          { text: 'Overview', link: '/jobs/' },
          { text: 'Connections fail', link: '/jobs/failures' },
          { text: 'Find a connection', link: '/jobs/find' },
          { text: 'Change connections safely', link: '/jobs/change' },
          { text: 'Monitor', link: '/jobs/monitor' },
        ],
      },
      { text: 'Packages', items: packages.map(name => ({ text: `@conntrack/${name}`, link: `/packages/${name}` })) },
    ],
  },
});
