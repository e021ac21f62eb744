(function(){
var at=function(id){return document.getElementById(id)};
var data=JSON.parse(at('data').textContent),panel=at('panel'),index=null;
function each(list,f){Array.prototype.forEach.call(list,f)}
function make(name,text,cls){var e=document.createElement(name);if(text!==undefined)e.textContent=text;if(cls)e.className=cls;return e}
function clear(){each(document.querySelectorAll('.on'),function(e){e.classList.remove('on')})}
function pane(name){document.body.dataset.pane=name}
function reveal(e){
var box=e.closest('details');if(box){box.hidden=false;box.open=true}
center(e)}
// What is not in view has no height yet: where things are is known only when they are drawn.
function center(e){
var times=3;function once(){e.scrollIntoView({block:'center',inline:'nearest'});if(--times)requestAnimationFrame(once)}once()}
function source(id){var e=at(id);var s=e&&e.querySelector('span');return s?s.textContent.trim():''}
function name(id){var cut=id.lastIndexOf('-');return (data.files[id.slice(0,cut)]||'')+':'+id.slice(cut+1)}
function link(id,text,more){
var e=make('dd');
if(at(id)){var a=make('a',text);a.href='#'+id;e.appendChild(a)}else e.appendChild(make('span',text));
if(more)e.appendChild(make('span',more,'src'));
return e}
function start(){panel.textContent='';var list=make('dl');panel.appendChild(list);panel.scrollTop=0;
return function(word,value){list.appendChild(make('dt',word));list.appendChild(value)}}
function part(b){
clear();b.classList.add('on');
var row=start(),w=b.dataset.w;
row('output',make('dd',b.textContent.trim()||'white space'));
if(w)row(b.classList.contains('a')?'written by':'copied from',link(w,name(w),source(w)));
var calls=data.calls[b.dataset.c]||[];
calls.forEach(function(c){if(c[0]!==w)row('called by',link(c[0],name(c[0])+(c[1]?' in "'+c[1]+'"':''),source(c[0])))});
(data.causes[b.dataset.s]||[]).forEach(function(c){
var e;if(c[1])e=link(c[1],c[2],c[3]);else{e=make('dd',c[2]);e.appendChild(make('span',c[3],'src'))}
row(c[0]?'decided by':'value',e)});
var lines=[w].concat(calls.map(function(c){return c[0]}));
lines.forEach(function(id){var e=id&&at(id);if(e)e.classList.add('on')});
var e=w&&at(w);
if(e){var box=e.closest('details');box.hidden=false;box.open=true;
var side=at('sources');if(side.clientHeight)center(e)}}
function build(){
index={};
function put(id,b){if(!id)return;var l=index[id]||(index[id]=[]);if(l[l.length-1]!==b)l.push(b)}
each(document.querySelectorAll('#output b'),function(b){
put(b.dataset.w,b);
(data.calls[b.dataset.c]||[]).forEach(function(c){put(c[0],b)});
(data.causes[b.dataset.s]||[]).forEach(function(c){put(c[1],b)})})}
function back(line){
if(!index)build();
clear();line.classList.add('on');
var all=index[line.id]||[],row=start(),seen={},count=0;
row('line',make('dd',name(line.id)+'  '+source(line.id)));
all.forEach(function(b){b.classList.add('on')});
all.forEach(function(b){var l=b.closest('.l');if(seen[l.id]||!b.textContent.trim())return;seen[l.id]=1;
if(++count<=60)row(count===1?'came to':'',link(l.id,l.id.slice(1),l.textContent.slice(l.firstChild.textContent.length).trim().slice(0,120)))});
if(count>60)row('',make('dd','and '+(count-60)+' more lines'));
if(!count)row('came to',make('dd','nothing that is shown'));
var first=all.filter(function(b){return b.textContent.trim()})[0];
if(first){var box=first.closest('details');box.hidden=false;box.open=true;
if(at('output').clientHeight)center(first)}}
function go(id){
var e=id&&at(id);if(!e)return;
var side=e.closest('.pane');if(!side)return;
pane(side.id);reveal(e);
if(side.id==='output'){
var parts=e.querySelectorAll('b'),b=null;
each(parts,function(p){if(p.textContent.trim()&&(!b||!b.classList.contains('a')&&p.classList.contains('a')))b=p});
if(b){part(b);reveal(e)}}
else{back(e);reveal(e)}}
document.addEventListener('click',function(event){
var t=event.target;if(t.closest('a'))return;
var b=t.closest('#output b');if(b){part(b);return}
var l=t.closest('#sources .l');if(l)back(l);
var tab=t.closest('button[data-pane]');if(tab)pane(tab.dataset.pane)});
window.addEventListener('hashchange',function(){go(location.hash.slice(1))});
var find=at('find');
find.addEventListener('input',function(){
var words=find.value.toLowerCase();
each(document.querySelectorAll('.pane>details'),function(d){
d.hidden=words!==''&&d.textContent.toLowerCase().indexOf(words)<0})});
var first=location.hash.slice(1)||at('data').dataset.start;if(first)go(first);
})();
