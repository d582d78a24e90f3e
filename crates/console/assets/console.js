// Keys for whoever works with them: / goes to the search, n and p to the next and the last person or page. Everything works without.
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
