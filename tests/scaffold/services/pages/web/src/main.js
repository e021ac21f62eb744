document.title = `hello from ${import.meta.env.MODE}`;
