// Keys for whoever works with them: / goes to the search, n and p to the next and the last person or page. Pages on which something goes on
// are kept up to date in their place. Everything works without.
'use strict';
addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
  const go = (relation) => document.querySelector(`a[rel=${relation}]`)?.click();
  if (event.key === '/') {
    const field = document.querySelector('textarea, input[name=sought]');
    if (field) { event.preventDefault(); field.focus(); } else { location.assign('/person'); }
  } else if (event.key === 'n') go('next');
  else if (event.key === 'p') go('prev');
});
const renew = async () => {
  const main = document.getElementById('main');
  try {
    const answer = await fetch(location.href, { credentials: 'same-origin' });
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const renewed = page.getElementById('main');
    if (renewed) main.replaceWith(document.adoptNode(renewed));
  } catch { /* The console has ended, or is busy: what is shown stays. */ }
  later();
};
const later = () => {
  const seconds = Number(document.getElementById('main').dataset.renewed);
  if (seconds > 0) setTimeout(renew, seconds * 1000);
};
later();
